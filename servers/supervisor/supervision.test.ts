import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defaultLimits,
  delayMs,
  type Supervision,
  type SupervisionEffect,
  type SupervisionEvent,
  supervise,
  unstarted,
} from './supervision.ts';

/** Plays events against a fake clock and keeps every effect. */
function play(script: readonly (readonly [number, SupervisionEvent])[]) {
  let state: Supervision = unstarted;
  const effects: SupervisionEffect[] = [];
  for (const [now, event] of script) {
    const step = supervise(state, event, now, defaultLimits);
    state = step.state;
    effects.push(...step.effects.filter((effect) => effect.kind !== 'log'));
  }
  return { state, effects };
}

const start: SupervisionEvent = { kind: 'start' };
const ready: SupervisionEvent = { kind: 'ready' };
const due: SupervisionEvent = { kind: 'due' };
const stop: SupervisionEvent = { kind: 'stop' };
const ended: SupervisionEvent = { kind: 'ended', why: 'exit code 1' };

test('a worker that dies is spawned again after the first delay', () => {
  const { state, effects } = play([
    [0, start],
    [10, ready],
    [100, ended],
    [149, due],
    [150, due],
  ]);
  assert.deepEqual(effects[3], { kind: 'wake', at: 150 }, 'a timer that fires early is set again');
  assert.equal(state.phase.kind, 'starting');
  assert.equal(state.restartCount, 1);
  assert.equal(state.lastEnd, 'exit code 1');
  assert.deepEqual(
    effects.filter((effect) => effect.kind === 'spawn').length,
    2,
    'nothing is spawned before the delay is over',
  );
});

test('the delay doubles with every end in a row, up to the longest', () => {
  assert.deepEqual(
    [1, 2, 3, 4].map((failures) => delayMs(failures, defaultLimits)),
    [50, 100, 200, 400],
  );
  assert.equal(delayMs(40, defaultLimits), defaultLimits.longestDelayMs);
  const { state } = play([
    [0, start],
    [1, ended],
    [51, due],
    [52, ended],
  ]);
  assert.deepEqual(state.phase, { kind: 'waiting', until: 152 });
});

test('an end after a healthy run counts as the first one', () => {
  const { state } = play([
    [0, start],
    [1, ended],
    [51, due],
    [60, ready],
    [60 + defaultLimits.healthyAfterMs, ended],
  ]);
  assert.equal(state.failures, 1);
  assert.equal(state.restartCount, 2);
});

test('a worker that never becomes ready is terminated and then started again', () => {
  const at = defaultLimits.startWithinMs;
  const { state, effects } = play([
    [0, start],
    [at, due],
    [at + 1, ended],
    [at + 51, due],
  ]);
  assert.deepEqual(
    effects.map((effect) => effect.kind),
    ['spawn', 'wake', 'terminate', 'wake', 'spawn', 'wake'],
  );
  assert.equal(state.phase.kind, 'starting');
});

test('stopping asks first, terminates after the limit, and starts nothing again', () => {
  const { state, effects } = play([
    [0, start],
    [1, ready],
    [10, stop],
    [10 + defaultLimits.stopWithinMs, due],
    [5_020, ended],
    [9_999, due],
  ]);
  assert.equal(state.phase.kind, 'stopped');
  assert.deepEqual(
    effects.map((effect) => effect.kind),
    ['spawn', 'wake', 'ask-to-stop', 'wake', 'terminate'],
  );
});

test('a worker that is waiting to be started again is stopped at once', () => {
  const { state, effects } = play([
    [0, start],
    [1, ended],
    [2, stop],
    [51, due],
  ]);
  assert.equal(state.phase.kind, 'stopped');
  assert.equal(effects.filter((effect) => effect.kind === 'spawn').length, 1);
});
