/** The API over both transports: the same answers, the same watches. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Transport } from '@diatom/sdk';
import { call, configMap, startKernel, type TestKernel, type WatchEvent, watchEvents } from './kernel.ts';

const maps = '/api/v1/namespaces/default/configmaps';

const ways: Readonly<Record<string, (cell: TestKernel) => Transport>> = {
  https: (cell) => cell.https(),
  port: (cell) => cell.port(),
};

async function take(events: AsyncGenerator<WatchEvent>, count: number): Promise<readonly WatchEvent[]> {
  const taken: WatchEvent[] = [];
  for await (const event of events) {
    taken.push(event);
    if (taken.length === count) break;
  }
  return taken;
}

const summary = (events: readonly WatchEvent[]): readonly string[] =>
  events.map(({ type, object }) => `${type} ${object.metadata.name}`);

for (const [name, open] of Object.entries(ways)) {
  describe(`over ${name}`, () => {
    it('an object is created, read, changed, listed and deleted', async () => {
      await using cell = await startKernel();
      const transport = open(cell);
      assert.equal((await call(transport, 'POST', maps, configMap('a', { x: '1' }))).status, 201);
      assert.equal((await call(transport, 'POST', maps, configMap('a'))).status, 409);
      const merge = { 'content-type': 'application/merge-patch+json' };
      const patched = await call<{ data: unknown }>(transport, 'PATCH', `${maps}/a`, { data: { y: '2' } }, merge);
      assert.deepEqual(patched.body.data, { x: '1', y: '2' });
      const listed = await call<{ items: unknown[] }>(transport, 'GET', maps);
      assert.equal(listed.body.items.length, 1);
      assert.equal((await call(transport, 'DELETE', `${maps}/a`)).status, 200);
      const gone = await call<{ message: string }>(transport, 'GET', `${maps}/a`);
      assert.deepEqual([gone.status, gone.body.message], [404, 'configmaps "a" not found']);
    });

    it('a watch shows every change in order and resumes where it was left', async () => {
      await using cell = await startKernel();
      const transport = open(cell);
      const { body } = await call<{ metadata: { resourceVersion: string } }>(transport, 'GET', maps);
      const path = `${maps}?watch=1&resourceVersion=`;
      const all = take(watchEvents(transport, path + body.metadata.resourceVersion), 5);
      for (const each of ['a', 'b']) await call(transport, 'POST', maps, configMap(each));
      await call(transport, 'PUT', `${maps}/a`, configMap('a', { changed: 'yes' }));
      for (const each of ['a', 'b']) await call(transport, 'DELETE', `${maps}/${each}`);
      const events = await all;
      assert.deepEqual(summary(events), ['ADDED a', 'ADDED b', 'MODIFIED a', 'DELETED a', 'DELETED b']);
      const after = events[1]?.object.metadata.resourceVersion;
      assert.deepEqual(await take(watchEvents(transport, path + after), 3), events.slice(2));
    });

    it('a long list comes whole, and a crowd of watchers sees the same', async () => {
      await using cell = await startKernel();
      const transport = open(cell);
      const count = 300;
      const value = 'x'.repeat(2000);
      const list = (): Promise<{ readonly body: { items: unknown[]; metadata: { resourceVersion: string } } }> =>
        call(transport, 'GET', maps);
      const { body: before } = await list();
      const path = `${maps}?watch=1&resourceVersion=${before.metadata.resourceVersion}`;
      const crowd = Array.from({ length: 20 }, () => take(watchEvents(transport, path), count));
      await Promise.all(
        Array.from({ length: count }, (_, index) =>
          call(transport, 'POST', maps, configMap(`object-${index}`, { value })),
        ),
      );
      const { body } = await list();
      assert.equal(body.items.length, count);
      const [first = [], ...others] = await Promise.all(crowd);
      assert.equal(new Set(summary(first)).size, count);
      for (const other of others) assert.deepEqual(other, first);
    });

    it('nonsense is answered, not served', async () => {
      await using cell = await startKernel();
      const transport = open(cell);
      const rows: readonly [string, string, object | undefined, number][] = [
        ['GET', '/nothing', undefined, 404],
        ['GET', '/api/v1/namespaces/default/nothings', undefined, 404],
        ['GET', '/api/v1/%zz', undefined, 404],
        ['PROPFIND', maps, undefined, 405],
        ['GET', `${maps}?limit=x`, undefined, 400],
        ['GET', `${maps}?labelSelector=%3D%3D%3D`, undefined, 400],
        ['GET', `${maps}?resourceVersion=99999999`, undefined, 504],
        ['POST', maps, { kind: 'ConfigMap' }, 422],
        ['POST', maps, configMap('Not A Name'), 422],
      ];
      for (const [method, path, body, status] of rows) {
        const answer = await call(transport, method, path, body);
        assert.equal(answer.status, status, `${method} ${path}: ${JSON.stringify(answer.body)}`);
        assert.equal(answer.body.kind, 'Status');
      }
      assert.equal((await call(transport, 'GET', '/readyz')).status, 200);
    });
  });
}

it('a watch on one transport sees writes of the other, and every event comes once, in order, under load', async () => {
  await using cell = await startKernel();
  const [https, port] = [cell.https(), cell.port()];
  const count = 300;
  const { body } = await call<{ metadata: { resourceVersion: string } }>(port, 'GET', maps);
  const path = `${maps}?watch=1&resourceVersion=${body.metadata.resourceVersion}`;
  const watches = [https, port, https, port].map((transport) => take(watchEvents(transport, path), 2 * count));
  const writers = [https, port].map(async (transport, writer) => {
    for (let index = 0; index < count / 2; index++) {
      const name = `m-${writer}-${index}`;
      assert.equal((await call(transport, 'POST', maps, configMap(name))).status, 201);
      assert.equal((await call(transport, 'DELETE', `${maps}/${name}`)).status, 200);
    }
  });
  await Promise.all(writers);
  const [first = [], ...others] = await Promise.all(watches);
  const revisions = first.map((event) => Number(event.object.metadata.resourceVersion));
  assert.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
  );
  for (const other of others) assert.deepEqual(other, first);
});

it('what was written is there after a restart, and a watch goes on from before it', async () => {
  await using cell = await startKernel();
  const before = await call<{ metadata: { resourceVersion: string } }>(cell.port(), 'GET', maps);
  for (const name of ['a', 'b', 'c']) await call(cell.port(), 'POST', maps, configMap(name));
  await cell.restart();
  const path = `${maps}?watch=1&resourceVersion=${before.body.metadata.resourceVersion}`;
  const events = await take(watchEvents(cell.https(), path), 3);
  assert.deepEqual(summary(events), ['ADDED a', 'ADDED b', 'ADDED c']);
});

it('closing the kernel ends open watches of both transports', async () => {
  await using cell = await startKernel();
  const ended = [cell.https(), cell.port()].map(async (transport) => {
    const seen: string[] = [];
    try {
      for await (const event of watchEvents(transport, `${maps}?watch=1`)) seen.push(event.type);
    } catch {
      // A broken connection is an end, too.
    }
    return seen;
  });
  await call(cell.port(), 'POST', maps, configMap('a'));
  await cell.restart();
  await Promise.all(ended);
});
