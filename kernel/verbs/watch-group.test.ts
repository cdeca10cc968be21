import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiStream } from '@diatom/sdk/api';
import { stringAt } from '../kinds/json.ts';
import { admin, configMap, configMaps, openApi, type TestApi } from './test-api.ts';

const versionOf = (event: { readonly object: Parameters<typeof stringAt>[0] }): number =>
  Number(stringAt(event.object, 'metadata', 'resourceVersion'));

async function write(api: TestApi, name: string): Promise<number> {
  const { body } = await api.call('POST', configMaps, configMap(name));
  return versionOf({ object: body });
}

test('each of many watchers gets every event once and in order, whenever it came', async () => {
  await using api = await openApi();
  const watchers: { readonly seen: number[]; readonly from: number; readonly done: Promise<void> }[] = [];
  const written: number[] = [];
  const last = 'zz-last';
  const join = async (from: number): Promise<void> => {
    const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${from}`);
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for (;;) {
        const event = await watch.next();
        seen.push(versionOf(event));
        if (stringAt(event.object, 'metadata', 'name') === last) return;
      }
    };
    watchers.push({ seen, from, done: read() });
  };
  const start = api.store.revision;
  for (let round = 0; round < 30; round++) {
    // One who has seen everything, and one who comes from the past.
    await join(api.store.revision);
    await join(start);
    written.push(...(await Promise.all([0, 1, 2].map((index) => write(api, `object-${round}-${index}`)))));
  }
  written.push(await write(api, last));
  await Promise.all(watchers.map(({ done }) => done));
  for (const { seen, from } of watchers) {
    assert.deepEqual(
      seen,
      written.filter((version) => version > from).sort((a, b) => a - b),
    );
  }
});

test('a watcher that takes nothing is cut off, the others of its group go on', async () => {
  await using api = await openApi();
  const path = `${configMaps}?watch=1&resourceVersion=${api.store.revision}`;
  const { body } = await api.handle({ method: 'GET', path, headers: {}, body: new Uint8Array() }, admin);
  const stuck = body as ApiStream;
  const watch = await api.watch(path);
  const key = 'core/configmaps/default/busy';
  const count = 20_500;
  let seen = 0;
  const reading = (async () => {
    while (seen < count) {
      await watch.next();
      seen++;
    }
  })();
  const value = (revision: number): string =>
    `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"busy","namespace":"default","resourceVersion":"${revision}"}}`;
  for (let done = 0; done < count; done += 500) {
    await Promise.all(Array.from({ length: 500 }, () => api.store.write(key, () => ({ kind: 'put', value }))));
  }
  await reading;
  assert.equal(stuck.source?.isOver, true);
});

test('a watch ends behind what it has seen', async () => {
  await using api = await openApi();
  const watch = await api.watch(`${configMaps}?watch=1&resourceVersion=${api.store.revision}&timeoutSeconds=1`);
  const version = await write(api, 'a');
  assert.equal(versionOf(await watch.next()), version);
  await assert.rejects(watch.next(), /ended/);
});
