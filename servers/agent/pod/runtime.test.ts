import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError, type Client, type Pod } from '@diatom/sdk';
import type { StoredImage } from '@diatom/tender';
import { handlerNames, handlerOf, layerPath, type Runtimes } from './runtime.ts';

const works: Runtimes = { kind: 'process', hvtProblem: undefined };
const broken: Runtimes = { kind: 'process', hvtProblem: '/dev/kvm is not there' };
const node: Runtimes = { kind: 'node' };

const classes: Readonly<Record<string, string>> = { process: 'process', hvt: 'hvt', isolated: 'hvt', gvisor: 'runsc' };
const notFound = new ApiError('get', {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  code: 404,
  reason: 'NotFound',
});
const client = {
  resource: () => ({
    get: async (name: string) => {
      const handler = classes[name];
      if (handler === undefined) throw notFound;
      return { handler };
    },
  }),
} as unknown as Client;

const pod = (runtimeClassName?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p' },
  spec: { containers: [], ...(runtimeClassName === undefined ? {} : { runtimeClassName }) },
});

const manifest: StoredImage['manifest'] = {
  schemaVersion: 1,
  machineVersion: 1,
  name: 'hello',
  created: '2000-01-01T00:00:00Z',
  generator: 'test',
  ports: [],
  connect: [],
  memory: { initialBytes: 65_536, maximumBytes: 65_536, stackBytes: 65_536 },
  machineCalls: [],
  systemCalls: [],
  functions: [],
  layers: [],
};

const nameOf = async (className: string | undefined, runtimes: Runtimes): Promise<string> => {
  const handler = await handlerOf(pod(className), runtimes, client);
  return typeof handler === 'string' ? handler : handler.name;
};

test('a pod runs by the handler of its class, and without one as the node does by default', async () => {
  assert.equal(await nameOf(undefined, works), 'process');
  assert.equal(await nameOf(undefined, node), 'node');
  assert.equal(await nameOf('process', works), 'process');
  assert.equal(await nameOf('isolated', works), 'hvt');
});

test('what this node cannot run is said with the reason', async () => {
  assert.equal(await nameOf('hvt', broken), 'this node cannot run virtual machines: /dev/kvm is not there');
  assert.match(await nameOf('gvisor', works), /no runtime for "runsc" is configured; this node has process and hvt/);
  assert.match(await nameOf('process', node), /this node has node$/);
  assert.equal(await nameOf('gone', works), 'RuntimeClass "gone" not found');
});

test('a node advertises what it can run', () => {
  assert.deepEqual([works, broken, node].map(handlerNames), [['process', 'hvt'], ['process'], ['node']]);
});

test('an image without the executable says how it gets one', async () => {
  const handler = await handlerOf(pod('hvt'), works, client);
  assert.ok(typeof handler !== 'string');
  const layers = [{ role: 'hvt', digest: 'sha256:00', sizeBytes: 1 }] as const;
  const image = (has: boolean) => ({ reference: 'hello:latest', manifest: { ...manifest, layers: has ? layers : [] } });
  const images = { blobPath: (digest: string) => `/images/${digest}` };
  assert.deepEqual(layerPath(image(true), handler, images), { path: '/images/sha256:00' });
  assert.equal(
    layerPath(image(false), handler, images),
    'image hello has no hvt executable; build it with: diatom build FILE -t hello --target hvt',
  );
});
