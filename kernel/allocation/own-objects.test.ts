/** What a kernel says of itself as a Service, over its starts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKernel } from '../create-kernel.ts';
import type { Kernel } from '../kernel.ts';
import { type JsonRecord, recordAt, recordsAt, stringAt } from '../kinds/json.ts';

const services = '/api/v1/namespaces/default/services';
const own = {
  blocks: '/apis/networking.k8s.io/v1/servicecidrs/kubernetes',
  service: `${services}/kubernetes`,
  endpoints: '/api/v1/namespaces/default/endpoints/kubernetes',
  slice: '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes',
} as const;

type Call = (method: string, path: string, object?: JsonRecord) => Promise<JsonRecord & { readonly code?: number }>;

const callTo =
  ({ handle }: Kernel): Call =>
  async (method, path, object) => {
    const body = object === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(object));
    const answer = await handle({ method, path, headers: {}, body }, { name: 'admin', groups: ['system:masters'] });
    return JSON.parse(String(answer.body)) as JsonRecord;
  };

async function inDirectory(use: (start: StartKernel) => Promise<void>): Promise<void> {
  const dataDirectory = mkdtempSync(join(tmpdir(), 'diatom-own-'));
  try {
    await use(async (blocks, work) => {
      const listen = { host: '127.0.0.1', port: 0 };
      const kernel = await createKernel({ dataDirectory, listen, serviceBlocks: blocks, log: () => {} });
      try {
        await work(callTo(kernel), kernel.address?.port ?? 0);
      } finally {
        await kernel.close();
      }
    });
  } finally {
    rmSync(dataDirectory, { recursive: true });
  }
}

type StartKernel = (blocks: readonly string[], work: (call: Call, port: number) => Promise<void>) => Promise<void>;

test('a kernel is a Service on the first address of its block, which leads to where it listens', () =>
  inDirectory(async (start) => {
    const look = async (call: Call, port: number): Promise<void> => {
      const service = await call('GET', own.service);
      assert.equal(stringAt(service, 'spec', 'clusterIP'), '10.9.0.1');
      const [served] = recordsAt(service, 'spec', 'ports');
      assert.deepEqual([served?.port, served?.targetPort], [443, port]);
      const [subset] = recordsAt(await call('GET', own.endpoints), 'subsets');
      assert.deepEqual(subset?.addresses, [{ ip: '127.0.0.1' }]);
      assert.equal(recordsAt(subset, 'ports')[0]?.port, port);
      const slice = await call('GET', own.slice);
      assert.equal(recordsAt(slice, 'ports')[0]?.port, port);
      const blocks = await call('GET', own.blocks);
      assert.deepEqual(recordAt(blocks, 'spec').cidrs, ['10.9.0.0/24']);
      const [ready] = recordsAt(blocks, 'status', 'conditions');
      assert.deepEqual([ready?.type, ready?.status], ['Ready', 'True']);
    };
    await start(['10.9.0.0/24'], look);
    // The port is another one now.
    await start(['10.9.0.0/24'], look);
  }));

test('whoever deletes what is the kernel’s own meets it again', () =>
  inDirectory((start) =>
    start(['10.9.0.0/24'], async (call) => {
      for (const path of Object.values(own)) {
        const uid = stringAt(await call('GET', path), 'metadata', 'uid');
        await call('DELETE', path);
        let again = await call('GET', path);
        while (again.code === 404) {
          await new Promise((resolve) => setImmediate(resolve));
          again = await call('GET', path);
        }
        assert.notEqual(stringAt(again, 'metadata', 'uid'), uid, path);
      }
      assert.equal(stringAt(await call('GET', own.service), 'spec', 'clusterIP'), '10.9.0.1');
    }),
  ));

test('a kernel that is started with another block gives from that one; what has an address keeps it', () =>
  inDirectory(async (start) => {
    const make = (call: Call, name: string) =>
      call('POST', services, { metadata: { name }, spec: { ports: [{ port: 80 }] } });
    let first = '';
    await start(['10.9.0.0/24'], async (call) => {
      first = stringAt(await make(call, 'a'), 'spec', 'clusterIP');
    });
    await start(['10.7.0.0/24'], async (call) => {
      assert.equal(stringAt(await call('GET', `${services}/a`), 'spec', 'clusterIP'), first);
      assert.equal(stringAt(await call('GET', own.service), 'spec', 'clusterIP'), '10.7.0.1');
      assert.match(stringAt(await make(call, 'b'), 'spec', 'clusterIP'), /^10\.7\.0\./);
      const uid = stringAt(await call('GET', own.blocks), 'metadata', 'uid');
      assert.notEqual(uid, '');
    });
    await start(['10.7.0.0/24', '2001:db8::/112'], async (call) => {
      assert.deepEqual(recordAt(await call('GET', own.blocks), 'spec').cidrs, ['10.7.0.0/24', '2001:db8::/112']);
      const spec = { ports: [{ port: 80 }], ipFamilyPolicy: 'RequireDualStack' };
      const both = await call('POST', services, { metadata: { name: 'c' }, spec });
      assert.equal((recordAt(both, 'spec').clusterIPs as readonly string[]).length, 2);
    });
  }));

test('a kernel does not start with blocks it cannot give from', () =>
  inDirectory(async (start) => {
    const nothing = async (): Promise<void> => {};
    await assert.rejects(start(['10.0.0.0'], nothing), /10\.0\.0\.0 is no block of addresses/);
    await assert.rejects(start(['10.0.0.0/24', '10.1.0.0/24'], nothing), /are of one family/);
    await assert.rejects(start([], nothing), /Services need a block of addresses/);
  }));
