/** Outgoing connections of pods: Services by name, nothing of the machine that is not the cell's. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isPodReady, type Pod, resources } from '@diatom/sdk';
import { waitForObject, waitForObjects } from '@diatom/sdk/testing';
import { build } from '@diatom/seal';
import { createImageStore } from '@diatom/tender';
import { type CellRig, deployment, pod, service, startCellRig, stateOf } from './cell-rig.ts';
import { needsHvt } from './hvt.ts';

const request = 'GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
const applications = join(import.meta.dirname, '../libos/guest/test-apps');

let rig: CellRig;
/** Of this machine, outside of the cell: no pod may reach it. */
const outsider = createServer((socket) => socket.end('this is not for pods'));

before(async () => {
  rig = await startCellRig(['http']);
  outsider.listen(0, '127.0.0.1');
  await once(outsider, 'listening');
  const { client } = rig;
  await client.resource(resources.deployments, 'default').create(deployment('backend', { image: 'http' }));
  await client.resource(resources.services, 'default').create(service('backend', 8080));
  await waitForObjects(
    client,
    resources.pods,
    { namespace: 'default', labelSelector: 'app=backend' },
    (pods) => pods.length === 1 && pods.every(isPodReady),
  );
});

after(async () => {
  outsider.close();
  await rig[Symbol.asyncDispose]();
});

/** Runs the test application as a pod to its end; its log. */
async function call(name: string, targets: readonly string[], over: Partial<Pod> = {}): Promise<string> {
  const { manifest, layers } = await build({ file: join(applications, 'outgoing.ts'), name });
  const connect = targets.map((target) => target.replace('tls:', ''));
  await createImageStore(join(rig.directory, 'images')).put(name, { ...manifest, connect }, layers);
  const env = [
    { name: 'TARGETS', value: targets.join(' ') },
    { name: 'SEND', value: request },
    { name: 'MODE', value: 'open' },
  ];
  const wanted = pod(name, name, { restartPolicy: 'Never', ...over.spec }, { env });
  const { client, directory } = rig;
  await client
    .resource(resources.pods, 'default')
    .create({ ...wanted, metadata: { ...wanted.metadata, ...over.metadata } });
  const isOver = (subject: Pod): boolean => ['Completed', 'Error'].includes(stateOf(subject));
  const { metadata } = await waitForObject(client, resources.pods, `default/${name}`, isOver);
  return readFile(join(directory, 'data', 'pods', `default_${name}_${metadata.uid}`, 'main', '0.log'), 'utf8');
}

const serviceNames = [
  'backend:8080',
  'backend.default:8080',
  'backend.default.svc:8080',
  'backend.default.svc.cluster.local:8080',
];

for (const [target, options, over] of [
  ['process', {}, {}],
  ['hvt', needsHvt, { spec: { runtimeClassName: 'hvt' } as Pod['spec'] }],
] as const) {
  test(`a pod (${target}) reaches a Service by each of its names`, options, async () => {
    const log = await call(`caller-${target}`, serviceNames, over);
    for (const name of serviceNames) {
      assert.match(
        log,
        new RegExp(` stdout F ${name.replaceAll('.', '\\.')} end after \\d+ bytes \\d+ HTTP/1\\.1 200 OK`),
      );
    }
  });

  test(`a pod (${target}) reaches nothing of the machine itself, whatever its manifest says`, options, async () => {
    const { port } = outsider.address() as AddressInfo;
    const forbidden = [`127.0.0.1:${port}`, `localhost:${port}`, '169.254.169.254:80', '0.0.0.0:80', `[::1]:${port}`];
    const log = await call(`intruder-${target}`, [...forbidden, 'nobody.default.svc:80'], over);
    for (const place of forbidden) assert.ok(log.includes(` stdout F ${place} denied`), `${place}: ${log}`);
    assert.match(log, /stderr F no connection to 127\.0\.0\.1:\d+: 127\.0\.0\.1 is a loopback address of the machine/);
    assert.match(log, /nobody\.default\.svc:80 refused/);
  });

  test(
    `a pod (${target}) speaks TLS to the API, whose certificate is of the cell’s own authority`,
    options,
    async () => {
      const log = await call(`operator-${target}`, ['tls:kubernetes.default.svc:443', 'tls:kubernetes:443'], over);
      for (const name of ['kubernetes.default.svc', 'kubernetes']) {
        assert.match(log, new RegExp(` stdout F tls:${name}:443 end after \\d+ bytes`));
      }
    },
  );

  test(`a pod (${target}) that forbids connections makes none`, options, async () => {
    const log = await call(`closed-${target}`, ['backend:8080'], {
      ...over,
      metadata: { annotations: { 'diatom.dev/connect': 'none' } },
    } as Partial<Pod>);
    assert.match(log, /backend:8080 not even a handle: denied/);
  });
}

test('when the agent’s thread dies its pods connect again as soon as there is another', async () => {
  const { client, directory, cell } = rig;
  const { manifest, layers } = await build({ file: join(applications, 'relay.ts'), name: 'relay' });
  await createImageStore(join(directory, 'images')).put('relay', { ...manifest, connect: ['backend:8080'] }, layers);
  const env = [{ name: 'TARGET', value: 'backend:8080' }];
  await client.resource(resources.pods, 'default').create(pod('relay', 'relay', {}, { env }));
  const { status } = await waitForObject(client, resources.pods, 'default/relay', isPodReady);
  const isAnswered = async (): Promise<boolean> => {
    const answer = await fetch(`http://${status?.podIP}:8080/hello`, { headers: { connection: 'close' } }).catch(
      () => undefined,
    );
    return answer?.status === 200;
  };
  assert.ok(await isAnswered());
  await cell.killServer('agent');
  while (!(await isAnswered())) await wait(50);
  const after = await client.resource(resources.pods, 'default').get('relay');
  assert.equal(after.status?.containerStatuses?.[0]?.restartCount, 0);
});
