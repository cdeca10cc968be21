import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoreEvent } from '../store/store.ts';
import { FrameStream } from './frame-stream.ts';
import { WatchGroup } from './watch-group.ts';

/** A group whose clock and events are the test's, and what each of its members has been sent, as one text. */
function openGroup(memberCount: number) {
  let nowMs = 1_000;
  let timers: { readonly atMs: number; readonly callback: () => void }[] = [];
  const soon: (() => void)[] = [];
  const settle = (): void => {
    for (let callback = soon.shift(); callback !== undefined; callback = soon.shift()) callback();
  };
  let emit: (events: readonly StoreEvent[]) => void = () => {};
  const group = new WatchGroup({
    watch: ({ onEvents }) => {
      emit = onEvents;
      return { position: 0, cancel: () => {} };
    },
    frameOf: ({ value }) => (value === 'unseen' ? undefined : value),
    onEmpty: () => {},
    clock: {
      nowMs: () => nowMs,
      after: (delayMs, callback) => {
        const timer = { atMs: nowMs + delayMs, callback };
        timers.push(timer);
        return () => {
          timers = timers.filter((other) => other !== timer);
        };
      },
      soon: (callback) => soon.push(callback),
    },
  });
  const sent: string[] = [];
  const writes: number[] = [];
  for (let index = 0; index < memberCount; index++) {
    const member = new FrameStream({ onEnd: () => {}, onGroupEnd: () => {} });
    sent[index] = '';
    writes[index] = 0;
    member.onReady(() => {
      for (let chunk = member.take(); chunk !== undefined; chunk = member.take()) {
        sent[index] += chunk.toString();
        writes[index] = (writes[index] ?? 0) + 1;
      }
    });
    group.add(member);
  }
  /** What the group does later has not been done yet. */
  const begins = (...values: readonly string[]): void =>
    emit(values.map((value, index) => ({ kind: 'put', key: 'k', value, revision: index + 1 }) as StoreEvent));
  return {
    sent,
    writes,
    begins,
    settle,
    happens: (...values: readonly string[]): void => {
      begins(...values);
      settle();
    },
    pass: (ms: number): void => {
      const untilMs = nowMs + ms;
      for (;;) {
        const next = timers.filter(({ atMs }) => atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
        if (next === undefined) break;
        timers = timers.filter((timer) => timer !== next);
        nowMs = next.atMs;
        next.callback();
        settle();
      }
      nowMs = untilMs;
    },
  };
}

test('a lone watcher gets every event at once', () => {
  const group = openGroup(1);
  for (const value of ['a', 'b', 'c']) group.happens(value);
  assert.deepEqual([group.sent, group.writes], [['abc'], [3]]);
});

test('a crowd gets the first event at once, those behind it together, and none later than a quarter of a second', () => {
  const group = openGroup(1_000);
  group.happens('a');
  assert.deepEqual(new Set(group.sent), new Set(['a']));
  group.happens('b');
  group.happens('c');
  assert.deepEqual(new Set(group.sent), new Set(['a']));
  group.pass(250);
  assert.deepEqual(new Set(group.sent), new Set(['abc']));
  assert.deepEqual(new Set(group.writes), new Set([2]));
  group.pass(250);
  group.happens('d');
  assert.deepEqual(new Set(group.sent), new Set(['abcd']));
});

test('what fills a write does not wait, what comes behind it waits its own time', () => {
  const group = openGroup(1_000);
  const large = 'x'.repeat(280_000);
  group.happens('a');
  group.pass(1);
  group.happens('b');
  group.pass(1);
  group.happens(large, 'c');
  assert.deepEqual(new Set(group.sent), new Set([`ab${large}`]));
  group.pass(80);
  assert.deepEqual(new Set(group.sent), new Set([`ab${large}`]));
  group.pass(20);
  assert.deepEqual(new Set(group.sent), new Set([`ab${large}c`]));
  assert.deepEqual(new Set(group.writes), new Set([3]));
});

test('a crowd is told in turns, and what happens between two of them reaches everybody', () => {
  const group = openGroup(1_000);
  const large = 'x'.repeat(280_000);
  group.begins('a');
  const first = group.sent.filter((text) => text === 'a').length;
  assert.ok(first > 0 && first < 200, `${first} of 1,000 at once`);
  group.begins('b');
  group.begins(large, 'c');
  group.settle();
  assert.deepEqual(new Set(group.sent), new Set([`ab${large}`]));
  group.pass(250);
  assert.deepEqual(new Set(group.sent), new Set([`ab${large}c`]));
});

test('nobody is woken by what the group does not see', () => {
  const group = openGroup(2);
  group.happens('unseen', 'unseen');
  group.pass(1_000);
  assert.deepEqual(group.writes, [0, 0]);
});
