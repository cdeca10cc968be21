import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonRecord } from '../json.ts';
import { qosClass } from './pod-defaults.ts';
import { rulesByKind } from './rules.ts';

const nowMs = Date.parse('2026-01-01T00:00:00Z');

function defaulted(type: string, object: JsonRecord): JsonRecord {
  const copy = structuredClone(object);
  rulesByKind[type]?.defaults?.(copy);
  return copy;
}

function problems(type: string, object: JsonRecord, previous?: JsonRecord): string[] {
  const rules = rulesByKind[type];
  const after = defaulted(type, object);
  const errors = [...(rules?.validate?.(after) ?? [])];
  if (previous !== undefined) errors.push(...(rules?.validateUpdate?.(after, defaulted(type, previous)) ?? []));
  return errors.map(({ field, message }) => `${field}: ${message}`);
}

const container = (more: JsonRecord = {}): JsonRecord => ({ name: 'a', image: 'x:1', ...more });
const pod = (spec: JsonRecord = {}): JsonRecord => ({ spec: { containers: [container()], ...spec } });

test('a pod is defaulted whole', () => {
  const { spec } = defaulted('core.v1.Pod', {
    spec: {
      containers: [
        container({
          image: 'x',
          livenessProbe: { httpGet: { port: 80 } },
          ports: [{ containerPort: 80 }],
          resources: { limits: { cpu: '1' } },
        }),
      ],
      volumes: [{ name: 'v' }, { name: 's', secret: { secretName: 'z' } }],
    },
  });
  assert.deepEqual(spec, {
    containers: [
      {
        name: 'a',
        image: 'x',
        imagePullPolicy: 'Always',
        livenessProbe: {
          httpGet: { port: 80, path: '/', scheme: 'HTTP' },
          timeoutSeconds: 1,
          periodSeconds: 10,
          successThreshold: 1,
          failureThreshold: 3,
        },
        ports: [{ containerPort: 80, protocol: 'TCP' }],
        resources: { limits: { cpu: '1' }, requests: { cpu: '1' } },
        terminationMessagePath: '/dev/termination-log',
        terminationMessagePolicy: 'File',
      },
    ],
    volumes: [
      { name: 'v', emptyDir: {} },
      { name: 's', secret: { secretName: 'z', defaultMode: 420 } },
    ],
    dnsPolicy: 'ClusterFirst',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    terminationGracePeriodSeconds: 30,
    securityContext: {},
    enableServiceLinks: true,
  });
});

test('where a load balancer is may be said of Services that have one', () => {
  const told = (type: string, ...ingress: JsonRecord[]): string[] => {
    const rules = rulesByKind['core.v1.Service'];
    const service = defaulted('core.v1.Service', { spec: { type }, status: { loadBalancer: { ingress } } });
    return (rules?.validateStatus?.(service, {}) ?? []).map(({ field, message }) => `${field}: ${message}`);
  };
  assert.deepEqual(told('LoadBalancer', { ip: '192.0.2.1' }, { hostname: 'a.example' }), []);
  const at = 'status.loadBalancer.ingress';
  assert.deepEqual(told('ClusterIP', { ip: '192.0.2.1' }), [
    `${at}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`,
  ]);
  assert.match(told('LoadBalancer', { ip: 'x' })[0] ?? '', /ingress\[0\]\.ip: Invalid value: "x": must be a valid IP/);
  assert.deepEqual(told('LoadBalancer', { hostname: 'a', ipMode: 'VIP' }), [
    `${at}[0].ipMode: Forbidden: may not be specified when \`ip\` is not set`,
  ]);
});

test('an image is pulled always when its tag is latest, said or not', () => {
  const policy = (image: string): unknown => {
    const { spec } = defaulted('core.v1.Pod', pod({ containers: [container({ image })] }));
    return ((spec as JsonRecord).containers as JsonRecord[])[0]?.imagePullPolicy;
  };
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const image of ['a', 'a/b', 'host:5000/a', 'a:latest', `a:latest@${digest}`])
    assert.equal(policy(image), 'Always');
  for (const image of ['a:1', `a@${digest}`, 'host:5000/a:1', 'ko://a/b', 'A'])
    assert.equal(policy(image), 'IfNotPresent');
});

test('the class of a pod is judged by amounts, not by how they are written', () => {
  const classOf = (requests: JsonRecord, limits: JsonRecord, own?: JsonRecord): string =>
    qosClass({ containers: [{ resources: { requests, limits } }], ...(own === undefined ? {} : { resources: own }) });
  const half = { cpu: '500m', memory: '1Gi' };
  assert.equal(classOf({ cpu: '0.5', memory: '1024Mi' }, half), 'Guaranteed');
  assert.equal(classOf({ cpu: '0.4', memory: '1Gi' }, half), 'Burstable');
  assert.equal(classOf({ cpu: '0', 'nvidia.com/gpu': '1' }, { memory: '0' }), 'BestEffort');
  assert.equal(classOf({}, {}, { requests: half, limits: half }), 'Guaranteed', 'what the pod has as a whole');
});

test('a stateful set whose strategy is named alone gets no partition', () => {
  const strategyOf = (updateStrategy?: JsonRecord): unknown => {
    const { spec } = defaulted('apps.v1.StatefulSet', {
      spec: { template: { spec: {} }, ...(updateStrategy === undefined ? {} : { updateStrategy }) },
    });
    return (spec as JsonRecord).updateStrategy;
  };
  assert.deepEqual(strategyOf(), { type: 'RollingUpdate', rollingUpdate: { partition: 0 } });
  assert.deepEqual(strategyOf({ type: 'RollingUpdate' }), { type: 'RollingUpdate' });
  assert.deepEqual(strategyOf({ type: 'RollingUpdate', rollingUpdate: {} }), {
    type: 'RollingUpdate',
    rollingUpdate: { partition: 0 },
  });
});

test('an account in a RoleBinding may leave out the namespace, in a ClusterRoleBinding not', () => {
  const binding = { roleRef: { kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'a' }] };
  assert.deepEqual(problems('rbac.v1.RoleBinding', binding), []);
  assert.deepEqual(problems('rbac.v1.ClusterRoleBinding', binding), ['subjects[0].namespace: Required value']);
});

test('defaulting twice is defaulting once', () => {
  const objects: Readonly<Record<string, JsonRecord>> = {
    'core.v1.Pod': pod({ volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
    'apps.v1.Deployment': { spec: { template: { spec: { containers: [container()] } } } },
    'apps.v1.StatefulSet': { spec: { template: { spec: {} }, volumeClaimTemplates: [{ metadata: { name: 'd' } }] } },
    'batch.v1.Job': { spec: { template: { spec: { containers: [container()] } } } },
    'batch.v1.CronJob': { spec: { schedule: '* * * * *' } },
    'core.v1.Service': { spec: { ports: [{ port: 80 }], clusterIP: '127.0.0.9' } },
    'core.v1.Secret': { stringData: { a: 'b' } },
  };
  for (const [type, object] of Object.entries(objects)) {
    const once = defaulted(type, object);
    assert.deepEqual(defaulted(type, once), once, type);
  }
});

test('a new pod gets what the admission plug-ins of Kubernetes add', () => {
  const object = defaulted('core.v1.Pod', pod());
  rulesByKind['core.v1.Pod']?.prepareCreate?.(object, { nowMs });
  const nothing = [() => undefined, () => []] as const;
  assert.equal(rulesByKind['core.v1.Pod']?.admitCreate?.(object, ...nothing), undefined);
  const { serviceAccountName, priority, tolerations } = object.spec as JsonRecord;
  assert.deepEqual([serviceAccountName, priority, (tolerations as unknown[]).length], ['default', 0, 2]);
  assert.deepEqual(object.status, { phase: 'Pending', qosClass: 'BestEffort' });
});

const service = (spec: JsonRecord): JsonRecord => ({ spec: { ports: [{ port: 80 }], ...spec } });
const ingress = (host: string, backend: JsonRecord): JsonRecord => ({
  spec: { rules: [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }] },
});
const workload = (spec: JsonRecord): JsonRecord => ({
  spec: {
    selector: { matchLabels: { a: 'b' } },
    template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container()] } },
    ...spec,
  },
});

const wrong: readonly (readonly [string, string, JsonRecord, readonly string[], JsonRecord?])[] = [
  ['a pod without containers', 'core.v1.Pod', { spec: {} }, ['spec.containers: Required value']],
  [
    'a pod with all of /proc and the users of its machine',
    'core.v1.Pod',
    pod({ containers: [container({ securityContext: { procMount: 'Unmasked' } })] }),
    [
      'spec.containers[0].securityContext.procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`',
    ],
  ],
  [
    'a pod with an odd restart policy',
    'core.v1.Pod',
    pod({ restartPolicy: 'Sometimes' }),
    ['spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"'],
  ],
  [
    'a port out of range',
    'core.v1.Pod',
    pod({ containers: [container({ ports: [{ containerPort: 70000 }] })] }),
    ['spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive'],
  ],
  [
    'a mount of no volume',
    'core.v1.Pod',
    pod({ containers: [container({ volumeMounts: [{ name: 'v', mountPath: '/v' }] })] }),
    ['spec.containers[0].volumeMounts[0].name: Not found: "v"'],
  ],
  [
    'requests above limits',
    'core.v1.Pod',
    pod({ containers: [container({ resources: { limits: { cpu: '1' }, requests: { cpu: '2' } } })] }),
    ['spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1'],
  ],
  [
    'a probe without a handler',
    'core.v1.Pod',
    pod({ containers: [container({ readinessProbe: {} })] }),
    ['spec.containers[0].readinessProbe: Required value: must specify a handler type'],
  ],
  [
    'hosts and headers no request can carry',
    'core.v1.Pod',
    pod({
      containers: [
        container({
          readinessProbe: { httpGet: { port: 80, host: 'a/b', httpHeaders: [{ name: 'X Y', value: '' }] } },
          livenessProbe: { tcpSocket: { port: 80, host: 'a b' } },
        }),
      ],
    }),
    [
      'spec.containers[0].livenessProbe.tcpSocket.host: Invalid value: "a b": must be a host name or an IP address',
      'spec.containers[0].readinessProbe.httpGet.host: Invalid value: "a/b": must be a host name or an IP address',
      `spec.containers[0].readinessProbe.httpGet.httpHeaders[0].name: Invalid value: "X Y": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
    ],
  ],
  [
    'none of hosts and headers that requests carry',
    'core.v1.Pod',
    pod({
      containers: [
        container({
          readinessProbe: { httpGet: { port: 80, host: 'Web.example.', httpHeaders: [{ name: 'X-Y', value: '' }] } },
          livenessProbe: { tcpSocket: { port: 80, host: '::1' } },
        }),
      ],
    }),
    [],
  ],
  [
    'a deployment without a selector',
    'apps.v1.Deployment',
    workload({ selector: undefined }),
    [
      'spec.selector: Required value',
      'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
    ],
  ],
  [
    'a selector that selects all',
    'apps.v1.Deployment',
    workload({ selector: {} }),
    ['spec.selector: Invalid value: {}: empty selector is invalid for deployment'],
  ],
  [
    'a negative number of replicas',
    'apps.v1.Deployment',
    workload({ replicas: -1 }),
    ['spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
  ],
  [
    'a roll-out that cannot move',
    'apps.v1.Deployment',
    workload({ strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0 } } }),
    ['spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0'],
  ],
  [
    'a deployment of jobs',
    'apps.v1.Deployment',
    workload({
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container()], restartPolicy: 'Never' } },
    }),
    ['spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"'],
  ],
  [
    'another selector',
    'apps.v1.ReplicaSet',
    workload({ selector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } }),
    ['spec.selector: Invalid value: {"matchExpressions":[{"key":"a","operator":"Exists"}]}: field is immutable'],
    workload({}),
  ],
  [
    'a stateful set of another name',
    'apps.v1.StatefulSet',
    workload({ serviceName: 'b' }),
    [
      "spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
    ],
    workload({ serviceName: 'a' }),
  ],
  ['a service without ports', 'core.v1.Service', { spec: {} }, ['spec.ports: Required value']],
  [
    'two unnamed ports',
    'core.v1.Service',
    service({ ports: [{ port: 80 }, { port: 81 }] }),
    ['spec.ports[0].name: Required value', 'spec.ports[1].name: Required value'],
  ],
  [
    'an ingress to nowhere',
    'networking.v1.Ingress',
    ingress('Example.com', { service: { name: 'web', port: {} } }),
    [
      `spec.rules[0].host: Invalid value: "Example.com": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')`,
      'spec.rules[0].http.paths[0].backend: Required value: port name or number is required',
    ],
  ],
  [
    'an ingress for an address, to a port out of range',
    'networking.v1.Ingress',
    ingress('10.0.0.1', { service: { name: 'web', port: { number: 70_000 } } }),
    [
      'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
      'spec.rules[0].http.paths[0].backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive',
    ],
  ],
  [
    'an ingress whose paths are odd',
    'networking.v1.Ingress',
    {
      spec: {
        rules: [
          {
            http: {
              paths: [
                { path: '/', backend: {} },
                { path: '/a//b/..', pathType: 'Exact', backend: { resource: {} } },
              ],
            },
          },
          { http: { paths: [{ pathType: 'ImplementationSpecific', backend: { resource: {} } }] } },
        ],
      },
    },
    [
      'spec.rules[0].http.paths[0].pathType: Required value: pathType must be specified',
      `spec.rules[0].http.paths[1].path: Invalid value: "/a//b/..": must not contain '//'`,
      `spec.rules[0].http.paths[1].path: Invalid value: "/a//b/..": cannot end with '/..'`,
    ],
  ],
  [
    'an ingress with two ports, or without a backend',
    'networking.v1.Ingress',
    {
      spec: {
        defaultBackend: { service: { name: 'web', port: { name: 'http', number: 80 } } },
        rules: [{ host: '*.example.com', http: { paths: [{ path: '/', pathType: 'Prefix', backend: {} }] } }],
      },
    },
    [
      'spec.defaultBackend: Invalid value: "": cannot set both port name & port number',
      'spec.rules[0].http.paths[0].backend: Invalid value: "": resource or service backend is required',
    ],
  ],
  [
    'another cluster address',
    'core.v1.Service',
    service({ clusterIP: '127.0.0.2', clusterIPs: ['127.0.0.2'] }),
    ['spec.clusterIPs[0]: Invalid value: ["127.0.0.2"]: may not change once set'],
    service({ clusterIP: '127.0.0.1', clusterIPs: ['127.0.0.1'] }),
  ],
  [
    'a secret of another type',
    'core.v1.Secret',
    { type: 'b' },
    ['type: Invalid value: "b": field is immutable'],
    { type: 'a' },
  ],
  [
    'a key with a space',
    'core.v1.ConfigMap',
    { data: { 'a b': '' } },
    [
      "data[a b]: Invalid value: \"a b\": a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    ],
  ],
  [
    'an immutable config map',
    'core.v1.ConfigMap',
    { immutable: true, data: { a: '2' } },
    ['data: Forbidden: field is immutable when `immutable` is set'],
    { immutable: true, data: { a: '1' } },
  ],
  [
    'a role without verbs',
    'rbac.v1.Role',
    { rules: [{ apiGroups: [''], resources: ['pods'] }] },
    ['rules[0].verbs: Required value: verbs must contain at least one value'],
  ],
  [
    'another roleRef',
    'rbac.v1.RoleBinding',
    { roleRef: { kind: 'Role', name: 'b' } },
    [
      'roleRef: Invalid value: {"kind":"Role","name":"b","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef',
    ],
    { roleRef: { kind: 'Role', name: 'a' } },
  ],
];

for (const [what, type, object, expected, previous] of wrong) {
  test(`refused: ${what}`, () => assert.deepEqual(problems(type, object, previous), expected));
}

test('a pod changes its image and nothing else', () => {
  assert.deepEqual(problems('core.v1.Pod', pod({ containers: [container({ image: 'y:2' })] }), pod()), []);
  assert.match(
    problems('core.v1.Pod', pod({ hostname: 'h' }), pod()).join(),
    /^spec: Forbidden: pod updates may not change fields other than/,
  );
});

test('what a rollout may add or miss is a number or a percentage, and not nothing of both', () => {
  const deployment = (rollingUpdate: JsonRecord): JsonRecord => ({
    spec: {
      selector: { matchLabels: { a: 'b' } },
      strategy: { rollingUpdate },
      template: { metadata: { labels: { a: 'b' } }, spec: { containers: [container()] } },
    },
  });
  const found = (rollingUpdate: JsonRecord): string[] => problems('apps.v1.Deployment', deployment(rollingUpdate));
  assert.deepEqual(found({ maxSurge: '50%', maxUnavailable: 0 }), []);
  assert.deepEqual(found({ maxSurge: 'some', maxUnavailable: '120%' }), [
    "spec.strategy.rollingUpdate.maxSurge: Invalid value: \"some\": a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: "120%": must not be greater than 100%',
  ]);
  assert.deepEqual(found({ maxSurge: -1, maxUnavailable: 1 }), [
    'spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0',
  ]);
  assert.deepEqual(found({ maxSurge: '0%', maxUnavailable: 0 }), [
    'spec.strategy.rollingUpdate.maxUnavailable: Invalid value: 0: may not be 0 when `maxSurge` is 0',
  ]);
});

test('a job has to say how its pods end', () => {
  const job = (restartPolicy: string | undefined): JsonRecord => ({
    spec: {
      selector: { matchLabels: { a: 'b' } },
      template: { spec: { containers: [container()], ...(restartPolicy && { restartPolicy }) } },
    },
  });
  const path = 'spec.template.spec.restartPolicy';
  assert.deepEqual(problems('batch.v1.Job', job(undefined)), [
    `${path}: Required value: valid values: "OnFailure", "Never"`,
  ]);
  assert.deepEqual(problems('batch.v1.Job', job('Sometimes')), [
    `${path}: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"`,
  ]);
  assert.deepEqual(problems('batch.v1.Job', job('Never')), []);
});

test('a variable refers to a field that there is', () => {
  const found = (fieldPath: string): string[] =>
    problems(
      'core.v1.Pod',
      pod({ containers: [container({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath } } }] })] }),
    );
  for (const known of ['metadata.name', "metadata.labels['a']", 'spec.nodeName', 'status.podIP']) {
    assert.deepEqual(found(known), []);
  }
  assert.deepEqual(found('spec.nothing'), [
    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.nothing": error converting fieldPath: field label not supported: spec.nothing',
  ]);
});

/** Each case: what is wrong with an object that is right but for one thing. */
const selector = { matchLabels: { app: 'a' } };
const template = { metadata: { labels: { app: 'a' } }, spec: { containers: [container()] } };
const ending = { spec: { containers: [container()], restartPolicy: 'Never' } };
const cases: readonly (readonly [type: string, object: JsonRecord, problem: string])[] = [
  [
    'core.v1.Pod',
    pod({ topologySpreadConstraints: [{ maxSkew: 0, topologyKey: 'a', whenUnsatisfiable: 'DoNotSchedule' }] }),
    'spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero',
  ],
  [
    'core.v1.Pod',
    pod({ dnsPolicy: 'None' }),
    'spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None',
  ],
  [
    'core.v1.Pod',
    pod({ affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } }),
    'spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: Required value: must have at least one node selector term',
  ],
  [
    'core.v1.Pod',
    pod({ volumes: [{ name: 'v', persistentVolumeClaim: {} }] }),
    'spec.volumes[0].persistentVolumeClaim.claimName: Required value',
  ],
  [
    'core.v1.Pod',
    pod({
      volumes: [{ name: 'v' }],
      containers: [container({ volumeMounts: [{ name: 'v', mountPath: '/v', subPath: '../x' }] })],
    }),
    `spec.containers[0].volumeMounts[0].subPath: Invalid value: "../x": must not contain '..'`,
  ],
  [
    'core.v1.Pod',
    pod({ securityContext: { runAsUser: -1 } }),
    'spec.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive',
  ],
  [
    'core.v1.Pod',
    pod({ containers: [container({ envFrom: [{}] })] }),
    'spec.containers[0].envFrom[0]: Invalid value: "": must specify one of: `configMapRef` or `secretRef`',
  ],
  [
    'apps.v1.StatefulSet',
    { spec: { selector, template, podManagementPolicy: 'Random' } },
    `spec.podManagementPolicy: Invalid value: "Random": must be 'OrderedReady' or 'Parallel'`,
  ],
  [
    'apps.v1.DaemonSet',
    { spec: { selector, template, updateStrategy: { type: 'Recreate' } } },
    'spec.updateStrategy.type: Unsupported value: "Recreate": supported values: "OnDelete", "RollingUpdate"',
  ],
  [
    'batch.v1.Job',
    { spec: { selector, template: ending, completionMode: 'Indexed', parallelism: 1 } },
    'spec.completions: Required value: when completion mode is Indexed',
  ],
  [
    'batch.v1.CronJob',
    { spec: { schedule: '61 * * * *', jobTemplate: { spec: { template: ending } } } },
    'spec.schedule: Invalid value: "61 * * * *": end of range (61) above maximum (59): 61',
  ],
  [
    'batch.v1.CronJob',
    { spec: { schedule: '@daily', timeZone: 'Mars/Olympus', jobTemplate: { spec: { template: ending } } } },
    'spec.timeZone: Invalid value: "Mars/Olympus": unknown time zone Mars/Olympus',
  ],
  [
    'core.v1.Service',
    { spec: { ports: [{ port: 80 }], loadBalancerClass: 'a/b' } },
    `spec.loadBalancerClass: Forbidden: may only be used when \`type\` is 'LoadBalancer'`,
  ],
  [
    'networking.v1.NetworkPolicy',
    { spec: { ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['11.0.0.0/24'] } }] }] } },
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/24": must be a strict subset of `cidr`',
  ],
  [
    'autoscaling.v2.HorizontalPodAutoscaler',
    { spec: { maxReplicas: 3, scaleTargetRef: { kind: 'Deployment', name: 'a' }, metrics: [{ type: 'Pods' }] } },
    'spec.metrics[0].pods: Required value: must populate information for the given metric source',
  ],
  [
    'policy.v1.PodDisruptionBudget',
    { spec: { minAvailable: '101%' } },
    'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
  ],
  [
    'core.v1.LimitRange',
    { spec: { limits: [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }] } },
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  ],
  [
    'core.v1.ResourceQuota',
    { spec: { hard: { bananas: '1' } } },
    'spec.hard[bananas]: Invalid value: "bananas": must be a standard resource for quota',
  ],
  [
    'scheduling.v1.PriorityClass',
    { metadata: { name: 'high' }, value: 1_500_000_000 },
    'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ],
  [
    'core.v1.Node',
    { spec: { taints: [{ key: 'a', effect: 'Odd' }] } },
    'spec.taints[0].effect: Unsupported value: "Odd": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute"',
  ],
  [
    'core.v1.Secret',
    { type: 'kubernetes.io/dockerconfigjson', data: { '.dockerconfigjson': 'eA==' } },
    'data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": invalid JSON',
  ],
  [
    'discovery.v1.EndpointSlice',
    { addressType: 'IPv4', endpoints: [{ addresses: ['::1'] }] },
    'endpoints[0].addresses[0]: Invalid value: "::1": must be an IPv4 address',
  ],
  [
    'storage.v1.VolumeAttributesClass',
    { driverName: 'a' },
    'parameters: Required value: must contain at least one key/value pair',
  ],
  [
    'flowcontrol.v1.PriorityLevelConfiguration',
    { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: { handSize: 99 } } } } },
    'spec.limited.limitResponse.queuing.handSize: Invalid value: 99: should not be greater than queues (64)',
  ],
  [
    'networking.v1.IPAddress',
    { metadata: { name: '2001:db8:0::1' }, spec: { parentRef: { resource: 'services', name: 'a' } } },
    'metadata.name: Invalid value: "2001:db8:0::1": must be in canonical form',
  ],
];

for (const [type, object, problem] of cases) {
  test(`${type} is refused: ${problem.slice(0, 90)}`, () => {
    assert.deepEqual(problems(type, object), [problem]);
  });
}

/** Each case: an object, what it may not become, and the refusal. */
const updates: readonly (readonly [type: string, before: JsonRecord, after: JsonRecord, field: string])[] = [
  [
    'storage.v1.StorageClass',
    { provisioner: 'a.b/c' },
    { provisioner: 'a.b/d' },
    'provisioner: Forbidden: updates to provisioner are forbidden.',
  ],
  [
    'core.v1.PersistentVolumeClaim',
    { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
    { spec: { accessModes: ['ReadWriteMany'], resources: { requests: { storage: '1Gi' } } } },
    'spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
  ],
  [
    'core.v1.Pod',
    pod({ activeDeadlineSeconds: 10 }),
    pod({ activeDeadlineSeconds: 20 }),
    'spec.activeDeadlineSeconds: Invalid value: 20: must be less than or equal to previous value',
  ],
  [
    'batch.v1.Job',
    { spec: { selector, template: ending, completions: 1 } },
    { spec: { selector, template: ending, completions: 2 } },
    'spec.completions: Invalid value: 2: field is immutable',
  ],
  [
    'storage.v1.VolumeAttachment',
    { spec: { attacher: 'a', nodeName: 'n', source: { persistentVolumeName: 'v' } } },
    { spec: { attacher: 'a', nodeName: 'm', source: { persistentVolumeName: 'v' } } },
    'spec: Invalid value: {"attacher":"a","nodeName":"m","source":{"persistentVolumeName":"v"}}: field is immutable',
  ],
];

for (const [type, before, after, problem] of updates) {
  test(`${type} may not change so: ${problem.slice(0, 90)}`, () => {
    assert.deepEqual(problems(type, after, before), [problem]);
    assert.deepEqual(problems(type, before, before), []);
  });
}

test('the priority of a pod is that of its class', () => {
  const classes: Readonly<Record<string, JsonRecord>> = { high: { value: 10, preemptionPolicy: 'Never' } };
  const defaults: JsonRecord[] = [];
  const admitted = (spec: JsonRecord): unknown => {
    const object = pod(spec);
    const why = rulesByKind['core.v1.Pod']?.admitCreate?.(
      object,
      (_group, _resource, name) => classes[name],
      () => defaults,
    );
    return why ?? [(object.spec as JsonRecord).priority, (object.spec as JsonRecord).preemptionPolicy];
  };
  assert.deepEqual(admitted({}), [0, 'PreemptLowerPriority']);
  assert.deepEqual(admitted({ priorityClassName: 'high' }), [10, 'Never']);
  assert.deepEqual(admitted({ priorityClassName: 'system-node-critical' }), [2_000_001_000, 'PreemptLowerPriority']);
  assert.equal(admitted({ priorityClassName: 'low' }), 'no PriorityClass with name low was found');
  assert.match(String(admitted({ priority: 5 })), /must not be provided in pod spec/);
  defaults.push({ metadata: { name: 'usual' }, value: 3, globalDefault: true });
  assert.deepEqual(admitted({}), [3, 'PreemptLowerPriority']);
});

test('a new pod gets what the limit ranges of its namespace say, and breaks none of their bounds', () => {
  const range = {
    spec: {
      limits: [
        { type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '100m' }, max: { cpu: '1' } },
        { type: 'Pod', max: { memory: '1Gi' } },
      ],
    },
  };
  const admitted = (resources: JsonRecord): { readonly why: unknown; readonly object: JsonRecord } => {
    const object = pod({ containers: [container({ resources })] });
    const why = rulesByKind['core.v1.Pod']?.admitCreate?.(
      object,
      () => undefined,
      (_group, resource) => (resource === 'limitranges' ? [range] : []),
    );
    return { why, object };
  };
  const { why, object } = admitted({ limits: { memory: '1Gi' } });
  assert.equal(why, undefined);
  assert.deepEqual((object.spec as { containers: JsonRecord[] }).containers[0]?.resources, {
    limits: { memory: '1Gi', cpu: '500m' },
    requests: { cpu: '100m' },
  });
  assert.deepEqual(object.metadata, {
    annotations: {
      'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container a; cpu limit for container a',
    },
  });
  assert.equal(
    admitted({ limits: { cpu: '2', memory: '2Gi' } }).why,
    '[maximum cpu usage per Container is 1, but limit is 2, maximum memory usage per Pod is 1Gi, but limit is 2Gi]',
  );
});
