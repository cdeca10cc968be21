import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from '../client/client.ts';
import type { ConfigMap } from '../kinds/core.ts';
import { configMaps } from '../kinds/resources.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { type ScriptedExchange, ScriptedTransport } from '../testing/scripted-transport.ts';
import type { Informer } from './informer.ts';
import { Informers } from './informers.ts';

function configMap(name: string, resourceVersion: number, uid = name): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default', uid, resourceVersion: String(resourceVersion) },
  };
}

const added = (name: string, version: number) => ({ type: 'ADDED', object: configMap(name, version) });
const modified = (name: string, version: number) => ({ type: 'MODIFIED', object: configMap(name, version) });
const deleted = (name: string, version: number) => ({ type: 'DELETED', object: configMap(name, version) });
const bookmark = (version: number, endsInitial = false) => ({
  type: 'BOOKMARK',
  object: {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      resourceVersion: String(version),
      ...(endsInitial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
    },
  },
});
const expired = {
  apiVersion: 'v1',
  kind: 'Status',
  metadata: {},
  status: 'Failure',
  reason: 'Expired',
  code: 410,
  message: 'too old resource version: 5 (9)',
};

interface Rig {
  readonly transport: ScriptedTransport;
  readonly clock: FakeClock;
  readonly informers: Informers;
  readonly informer: Informer<ConfigMap>;
  readonly seen: string[];
  readonly log: string[];
}

async function withRig(run: (rig: Rig) => Promise<void>): Promise<void> {
  const transport = new ScriptedTransport();
  const clock = new FakeClock();
  const log: string[] = [];
  const informers = new Informers(new Client(transport, { clock }), { random: () => 0, log: (line) => log.push(line) });
  const informer = informers.of(configMaps);
  const seen: string[] = [];
  informer.on({
    add: (object) => seen.push(`+${object.metadata.name}`),
    update: (object, old) =>
      seen.push(`${object.metadata.name}:${old.metadata.resourceVersion}>${object.metadata.resourceVersion}`),
    delete: (object) => seen.push(`-${object.metadata.name}`),
  });
  try {
    await run({ transport, clock, informers, informer, seen, log });
  } finally {
    await informers.close();
  }
}

/** Answers the first request with a WatchList of `a` at revision 5. */
async function syncedWithA(rig: Rig): Promise<ScriptedExchange> {
  const watch = await rig.transport.next();
  watch.stream(added('a', 5), bookmark(5, true));
  await rig.informer.synced;
  return watch;
}

test('an informer reads the present state as a watch list and then follows it', () =>
  withRig(async (rig) => {
    const watch = await syncedWithA(rig);
    assert.match(
      rig.transport.requests[0] ?? '',
      /watch=true.*sendInitialEvents=true.*resourceVersionMatch=NotOlderThan/,
    );
    watch.stream(modified('a', 6), added('b', 7), deleted('a', 8));
    await settle();
    assert.deepEqual(rig.seen, ['+a', 'a:5>6', '+b', '-a']);
    assert.equal(rig.informer.size, 1);
  }));

test('a server without watch list is listed page by page', () =>
  withRig(async (rig) => {
    (await rig.transport.next()).answer(422, { ...expired, reason: 'Invalid', code: 422 });
    (await rig.transport.next()).answer(200, {
      metadata: { resourceVersion: '9', continue: 'more' },
      items: [configMap('a', 3)],
    });
    (await rig.transport.next()).answer(200, { metadata: { resourceVersion: '9' }, items: [configMap('b', 4)] });
    const watch = await rig.transport.next();
    assert.match(watch.request.path, /resourceVersion=9/);
    assert.doesNotMatch(watch.request.path, /sendInitialEvents/);
    assert.deepEqual(rig.seen, ['+a', '+b']);
  }));

test('a server that never ends its initial events is listed instead', () =>
  withRig(async (rig) => {
    (await rig.transport.next()).stream(added('a', 5));
    await settle();
    await rig.clock.advance(10_000);
    assert.doesNotMatch((await rig.transport.next()).request.path, /watch=true/);
    assert.deepEqual(rig.seen, []);
  }));

test('a broken watch is resumed where it stopped, after a pause, and doubles are ignored', () =>
  withRig(async (rig) => {
    const watch = await syncedWithA(rig);
    watch.stream(modified('a', 6));
    watch.break();
    await settle();
    assert.equal(rig.informer.state, 'retrying');
    assert.match(rig.informer.lastError ?? '', /connection reset/);
    await rig.clock.advance(50);
    const again = await rig.transport.next();
    assert.match(again.request.path, /resourceVersion=6/);
    again.stream(modified('a', 6), modified('a', 7));
    await settle();
    assert.equal(rig.informer.state, 'synced');
    assert.deepEqual(rig.seen, ['+a', 'a:5>6', 'a:6>7']);
  }));

test('a bookmark moves the place to resume from', () =>
  withRig(async (rig) => {
    const watch = await syncedWithA(rig);
    watch.stream(bookmark(40));
    watch.end();
    assert.match((await rig.transport.next()).request.path, /resourceVersion=40/);
  }));

for (const how of ['as an answer', 'inside the stream'] as const) {
  test(`410 ${how} lists again and reports what vanished or was replaced meanwhile`, () =>
    withRig(async (rig) => {
      const watch = await syncedWithA(rig);
      watch.stream(added('gone', 6));
      watch.end();
      const resumed = await rig.transport.next();
      if (how === 'as an answer') resumed.answer(410, expired);
      else resumed.stream({ type: 'ERROR', object: expired });
      (await rig.transport.next()).stream(
        { type: 'ADDED', object: configMap('a', 12, 'another uid') },
        added('new', 11),
        bookmark(12, true),
      );
      await settle();
      assert.deepEqual(rig.seen, ['+a', '+gone', '-a', '+a', '+new', '-gone']);
    }));
}

test('watches that end at once are not asked for in a tight loop', () =>
  withRig(async (rig) => {
    (await syncedWithA(rig)).end();
    for (let round = 0; round < 8; round += 1) {
      const watch = await rig.transport.next();
      watch.stream();
      watch.end();
      await settle();
      assert.equal(rig.transport.requests.length, round + 2);
      await rig.clock.advance(25 * 2 ** round);
    }
  }));

test('a server that refuses every time is asked less and less often, for ever', () =>
  withRig(async (rig) => {
    for (let round = 0; round < 40; round += 1) {
      (await rig.transport.next()).answer(500, { ...expired, reason: 'InternalError', code: 500 });
      await settle();
      assert.equal(rig.informer.state, 'retrying');
      await rig.clock.advance(Math.min(15_000, 25 * 2 ** round));
    }
    (await rig.transport.next()).stream(added('a', 5), bookmark(5, true));
    await rig.informer.synced;
    assert.deepEqual(rig.seen, ['+a']);
  }));

test('a watch that outlives its timeout is taken for dead and opened again', () =>
  withRig(async (rig) => {
    await syncedWithA(rig);
    await rig.clock.advance(300_000 + 30_000 + 100);
    assert.match((await rig.transport.next()).request.path, /resourceVersion=5/);
  }));

test('the same query shares one watch, another query has its own', () =>
  withRig(async (rig) => {
    assert.equal(rig.informers.of(configMaps), rig.informer);
    assert.notEqual(rig.informers.of(configMaps, { namespace: 'kube-system' }), rig.informer);
    await syncedWithA(rig);
    assert.match((await rig.transport.next()).request.path, /namespaces\/kube-system\/configmaps/);
    assert.equal(rig.transport.requests.length, 2);
  }));

test('a handler that throws costs nobody an event', () =>
  withRig(async (rig) => {
    rig.informer.on({
      add() {
        throw new Error('bad handler');
      },
    });
    const late: string[] = [];
    const watch = await syncedWithA(rig);
    rig.informer.on({ add: (object, isInitial) => late.push(`${object.metadata.name} ${isInitial}`) });
    watch.stream(added('b', 6));
    await settle();
    assert.deepEqual(late, ['a true', 'b false']);
    assert.match(rig.log.join('\n'), /bad handler/);
  }));

test('an index answers by value and follows changes', () =>
  withRig(async (rig) => {
    rig.informer.addIndex('version', (object) => [object.metadata.resourceVersion ?? '']);
    const watch = await syncedWithA(rig);
    watch.stream(modified('a', 6));
    await settle();
    assert.equal(rig.informer.byIndex('version', '5').length, 0);
    assert.equal(rig.informer.byIndex('version', '6').length, 1);
    assert.throws(() => rig.informer.byIndex('no such', ''), /addIndex/);
  }));

test('the answer to a write is in the copy at once, its echo is no news, and nothing deleted comes back', () =>
  withRig(async (rig) => {
    const watch = await syncedWithA(rig);
    rig.informer.learn(configMap('a', 9));
    watch.stream(modified('a', 8), modified('a', 9));
    await settle();
    assert.deepEqual(rig.seen, ['+a', 'a:5>9']);
    watch.stream(deleted('a', 10));
    await settle();
    rig.informer.learn(configMap('a', 9));
    assert.deepEqual(rig.seen, ['+a', 'a:5>9', '-a']);
  }));

test('an index that throws on one object leaves that one out, and nothing else', () =>
  withRig(async (rig) => {
    rig.informer.addIndex('odd', ({ metadata }) => {
      if (metadata.name === 'odd') throw new Error('no such field');
      return ['all'];
    });
    const watch = await syncedWithA(rig);
    watch.stream(added('odd', 6), added('b', 7), deleted('odd', 8));
    await settle();
    assert.deepEqual(rig.seen, ['+a', '+odd', '+b', '-odd']);
    assert.equal(rig.informer.byIndex('odd', 'all').length, 2);
    assert.match(rig.log.join('\n'), /index "odd" threw on default\/odd: no such field/);
  }));
