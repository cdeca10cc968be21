/** What each level finds wrong with a pod, and who is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../../kinds/json.ts';
import { deployment, deployments, openApi, pod, pods, type TestApi } from '../../verbs/test-api.ts';
import { violations } from './checks.ts';
import { readDemands } from './levels.ts';

const container = (name: string, more: JsonRecord = {}): JsonRecord => ({ name, image: 'i', ...more });
const secure = (security: JsonRecord): JsonRecord => ({ containers: [container('a', { securityContext: security })] });

const found = (spec: JsonRecord, level = 'baseline', version: number | 'latest' = 'latest', annotations = {}): string =>
  violations({ level, version } as Parameters<typeof violations>[0], { spec, annotations })
    .map(({ reason, detail }) => `${reason}: ${detail}`)
    .join(' | ');

const hardened: JsonRecord = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    container('a', { securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }),
  ],
};

const baseline: readonly (readonly [spec: JsonRecord, told: string, version?: number | 'latest'])[] = [
  [{ containers: [container('a')] }, ''],
  [{ hostNetwork: true, hostIPC: true }, 'host namespaces: hostNetwork=true, hostIPC=true'],
  [secure({ privileged: true }), 'privileged: container "a" must not set securityContext.privileged=true'],
  [
    secure({ capabilities: { add: ['NET_RAW', 'CHOWN', 'BPF'] } }),
    'non-default capabilities: container "a" must not include "BPF", "NET_RAW" in securityContext.capabilities.add',
  ],
  [{ volumes: [{ name: 'v', hostPath: {} }] }, 'hostPath volumes: volume "v"'],
  [
    {
      initContainers: [container('b', { ports: [{ hostPort: 80 }] })],
      containers: [container('a', { ports: [{ hostPort: 9 }] })],
    },
    'hostPort: containers "b", "a" use hostPorts 80, 9',
  ],
  [
    { containers: [container('a', { livenessProbe: { httpGet: { host: 'h' } } })] },
    'probe or lifecycle host: container "a" uses probe or lifecycle host "h"',
  ],
  [{ containers: [container('a', { livenessProbe: { httpGet: { host: 'h' } } })] }, '', 33],
  [secure({ procMount: 'Unmasked' }), 'procMount: container "a" must not set securityContext.procMount to "Unmasked"'],
  [{ ...secure({ procMount: 'Unmasked' }), hostUsers: false }, ''],
  [
    { securityContext: { seLinuxOptions: { type: 'x', user: 'u' } } },
    'seLinuxOptions: pod set forbidden securityContext.seLinuxOptions: type "x"; user may not be set',
  ],
  [
    { ...secure({ seccompProfile: { type: 'Unconfined' } }), securityContext: { seccompProfile: { type: 'Odd' } } },
    'seccompProfile: pod and container "a" must not set securityContext.seccompProfile.type to "Odd", "Unconfined"',
  ],
  [
    { securityContext: { appArmorProfile: { type: 'Unconfined' } } },
    'forbidden AppArmor profile: pod must not set AppArmor profile type to "Unconfined"',
  ],
  [{ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } }, ''],
  [{ securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } }, 'forbidden sysctls: net.ipv4.tcp_rmem', 31],
  [
    secure({ windowsOptions: { hostProcess: true } }),
    'hostProcess: container "a" must not set securityContext.windowsOptions.hostProcess=true',
  ],
];

test('baseline refuses what is known to lead out of a pod', () => {
  for (const [spec, told, version] of baseline)
    assert.equal(found(spec, 'baseline', version ?? 'latest'), told, JSON.stringify(spec));
  const annotations = { 'container.seccomp.security.alpha.kubernetes.io/a': 'unconfined' };
  const told = 'seccompProfile: forbidden annotation container.seccomp.security.alpha.kubernetes.io/a="unconfined"';
  assert.equal(found(secure({}), 'baseline', 18, annotations), told);
});

test('restricted asks for what baseline leaves open', () => {
  assert.equal(found(hardened, 'restricted'), '');
  assert.equal(
    found({ containers: [container('a')] }, 'restricted'),
    [
      'allowPrivilegeEscalation != false: container "a" must set securityContext.allowPrivilegeEscalation=false',
      'unrestricted capabilities: container "a" must set securityContext.capabilities.drop=["ALL"]',
      'runAsNonRoot != true: pod or container "a" must set securityContext.runAsNonRoot=true',
      'seccompProfile: pod or container "a" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
    ].join(' | '),
  );
  const more: readonly (readonly [JsonRecord, string])[] = [
    [
      {
        volumes: [
          { name: 'v', hostPath: {} },
          { name: 'w', nfs: {} },
          { name: 'x', emptyDir: {} },
        ],
      },
      'restricted volume types: volumes "v", "w" use restricted volume types "hostPath", "nfs"',
    ],
    [
      { securityContext: { runAsNonRoot: true, runAsUser: 0, seccompProfile: { type: 'Localhost' } } },
      'runAsUser=0: pod must not set runAsUser=0',
    ],
  ];
  for (const [spec, told] of more) assert.equal(found({ ...hardened, ...spec }, 'restricted'), told);
  assert.equal(found({ containers: [container('a')], os: { name: 'windows' }, hostUsers: false }, 'restricted'), '');
});

test('labels that cannot be read enforce everything; who only enforces is warned of the same', () => {
  const label = (values: JsonRecord) =>
    readDemands(
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`pod-security.kubernetes.io/${key}`, value])),
    );
  assert.deepEqual(label({ enforce: 'baseline', 'enforce-version': 'v1.30' }).warn, { level: 'baseline', version: 30 });
  const odd = label({ enforce: 'strict', 'warn-version': '1.3' });
  assert.deepEqual([odd.enforce.level, odd.warn.level], ['restricted', 'privileged']);
  assert.deepEqual(
    odd.errors.map(({ field, message }) => `${field}: ${message}`),
    [
      'metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted',
      'metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.3": must be "latest" or "v1.x"',
    ],
  );
});

const merge = { 'content-type': 'application/merge-patch+json' };

const demand = (api: TestApi, labels: JsonRecord) =>
  api.call('PATCH', '/api/v1/namespaces/default', { metadata: { labels } }, merge);

test('pods are refused, workloads warned about, and so is who tightens a namespace with pods', async () => {
  await using api = await openApi();
  const risky = (name: string): JsonRecord => ({
    ...pod(name),
    spec: { hostNetwork: true, containers: [container('a')] },
  });
  for (const name of ['y', 'x']) assert.equal((await api.call('POST', pods, risky(name))).status, 201);
  const tightened = await demand(api, { 'pod-security.kubernetes.io/enforce': 'baseline' });
  const warnings = JSON.stringify(tightened.headers).replaceAll('\\', '');
  assert.match(
    warnings,
    /existing pods in namespace "+default"+ violate the new PodSecurity enforce level "+baseline:latest/,
  );
  assert.match(warnings, /x \(and 1 other pod\): host namespaces/);
  const refused = await api.call('POST', pods, risky('z'));
  assert.deepEqual(
    [refused.status, refused.body.message],
    [403, 'pods "z" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostNetwork=true)'],
  );
  const relabelled = await api.call('PATCH', `${pods}/x`, { metadata: { labels: { a: 'b' } } }, merge);
  assert.equal(relabelled.status, 200);
  const template = { metadata: { labels: { app: 'd' } }, spec: { hostPID: true, containers: [container('a')] } };
  const warned = await api.call('POST', deployments, deployment('d', { template }));
  assert.equal(warned.status, 201, warned.text);
  assert.match(JSON.stringify(warned.headers), /would violate PodSecurity .*baseline:latest.*hostPID=true/);
  assert.equal((await demand(api, { 'pod-security.kubernetes.io/warn': 'odd' })).status, 422);
});
