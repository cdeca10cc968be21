import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { setHost } from '../host.ts';
import { nodeHost } from '../testing/node-host.ts';
import { clearInterval, clearTimeout, runTimer, setInterval, setTimeout } from './timers.ts';

let nowMs = 0;
let wakeMs = Number.POSITIVE_INFINITY;
const errors: string[] = [];

beforeEach(() => {
  errors.length = 0;
  setHost({
    ...nodeHost,
    consoleWrite: (line) => errors.push(line),
    monotonicMs: () => nowMs,
    wakeAt: (deadlineMs) => {
      wakeMs = deadlineMs;
    },
  });
  while (runTimer());
});

/** Lets time pass, as the glue does: only when the host was asked to wake. */
function advanceTo(timeMs: number): void {
  while (wakeMs <= timeMs) {
    nowMs = Math.max(nowMs, wakeMs);
    while (runTimer());
  }
  nowMs = timeMs;
}

test('the host is asked to wake for the earliest deadline only', () => {
  const startMs = nowMs;
  setTimeout(() => undefined, 50);
  assert.equal(wakeMs, startMs + 50);
  setTimeout(() => undefined, 80);
  assert.equal(wakeMs, startMs + 50);
  setTimeout(() => undefined, 20);
  assert.equal(wakeMs, startMs + 20);
  advanceTo(startMs + 30);
  assert.equal(wakeMs, startMs + 50);
  advanceTo(startMs + 100);
  assert.equal(wakeMs, Number.POSITIVE_INFINITY);
});

test('timers run by deadline, those of one deadline in the order of setting', () => {
  const seen: string[] = [];
  const startMs = nowMs;
  setTimeout(() => seen.push('b'), 10);
  setTimeout(() => seen.push('c'), 10);
  setTimeout(() => seen.push('d'), 11);
  setTimeout(() => seen.push('a'), 9);
  advanceTo(startMs + 20);
  assert.equal(seen.join(''), 'abcd');
});

test('a thousand timers run in order', () => {
  const seen: number[] = [];
  const startMs = nowMs;
  for (let index = 0; index < 1000; index++) setTimeout(() => seen.push((index * 7919) % 1000), (index * 7919) % 1000);
  advanceTo(startMs + 1000);
  assert.deepEqual(
    seen,
    Array.from({ length: 1000 }, (_, index) => index),
  );
});

test('a cleared timer never runs, also when cleared by one that is due at the same time', () => {
  const seen: string[] = [];
  const startMs = nowMs;
  const second = setTimeout(() => seen.push('second'), 5);
  setTimeout(() => clearTimeout(second), 3);
  const same = setTimeout(() => seen.push('same'), 4);
  setTimeout(() => seen.push('kept'), 4);
  clearTimeout(same);
  advanceTo(startMs + 10);
  assert.deepEqual(seen, ['kept']);
});

test('an interval repeats until it is cleared, from inside too', () => {
  let count = 0;
  const startMs = nowMs;
  const id = setInterval(() => {
    if (++count === 3) clearInterval(id);
  }, 10);
  advanceTo(startMs + 100);
  assert.equal(count, 3);
});

test('an interval of 0 lets time pass', () => {
  let count = 0;
  const startMs = nowMs;
  const id = setInterval(() => count++, 0);
  advanceTo(startMs + 10);
  clearInterval(id);
  assert.equal(count, 10);
});

test('a timer set by a timer runs in its turn', () => {
  const seen: string[] = [];
  const startMs = nowMs;
  setTimeout(() => {
    seen.push('outer');
    setTimeout(() => seen.push('inner'), 0);
  }, 5);
  setTimeout(() => seen.push('other'), 5);
  advanceTo(startMs + 10);
  assert.deepEqual(seen, ['outer', 'other', 'inner']);
});

test('what a callback throws is told, and the next timer runs', () => {
  const seen: string[] = [];
  const startMs = nowMs;
  setTimeout(() => {
    throw new Error('broken');
  }, 1);
  setTimeout(() => seen.push('next'), 1);
  advanceTo(startMs + 5);
  assert.deepEqual(seen, ['next']);
  assert.match(errors[0] ?? '', /^Uncaught Error: broken/);
});

test('many cleared timers leave the others in order', () => {
  const seen: number[] = [];
  const startMs = nowMs;
  const ids = Array.from({ length: 2000 }, (_, index) => setTimeout(() => seen.push(index), index));
  for (const [index, id] of ids.entries()) if (index % 100 !== 0) clearTimeout(id);
  advanceTo(startMs + 2000);
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, index) => index * 100),
  );
});
