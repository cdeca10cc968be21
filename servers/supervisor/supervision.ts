/**
 * One supervised worker, as a value: what it is doing, and what has to be done next. Pure; `supervisor.ts` performs the
 * effects and feeds the events back.
 */
import type { ServerReport } from './report.ts';

export interface Limits {
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A worker that ran this long counts as healthy: its next end is a first one. */
  readonly healthyAfterMs: number;
  /** A worker that is not ready by then is ended and started again. */
  readonly startWithinMs: number;
  /** A worker that was asked to stop and has not by then is ended. */
  readonly stopWithinMs: number;
}

export const defaultLimits: Limits = {
  firstDelayMs: 50,
  longestDelayMs: 30_000,
  healthyAfterMs: 30_000,
  startWithinMs: 30_000,
  stopWithinMs: 5_000,
};

export type Phase =
  | { readonly kind: 'starting'; readonly since: number }
  | { readonly kind: 'running'; readonly since: number }
  | { readonly kind: 'waiting'; readonly until: number }
  | { readonly kind: 'stopping'; readonly since: number }
  | { readonly kind: 'stopped' };

export interface Supervision {
  readonly phase: Phase;
  /** Ends in a row without having been healthy. */
  readonly failures: number;
  readonly restartCount: number;
  readonly lastEnd: string | undefined;
}

export type SupervisionEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'ended'; readonly why: string }
  /** The time asked for by `wake` has come. */
  | { readonly kind: 'due' }
  | { readonly kind: 'stop' };

export type SupervisionEffect =
  | { readonly kind: 'spawn' }
  | { readonly kind: 'ask-to-stop' }
  | { readonly kind: 'terminate' }
  /** Send `due` at this time; replaces an earlier wish. */
  | { readonly kind: 'wake'; readonly at: number }
  | { readonly kind: 'log'; readonly line: string };

export interface Step {
  readonly state: Supervision;
  readonly effects: readonly SupervisionEffect[];
}

export const unstarted: Supervision = { phase: { kind: 'stopped' }, failures: 0, restartCount: 0, lastEnd: undefined };

export function supervise(state: Supervision, event: SupervisionEvent, now: number, limits: Limits): Step {
  switch (event.kind) {
    case 'start':
      return state.phase.kind === 'stopped' ? spawn(state, now, limits) : { state, effects: [] };
    case 'ready':
      return state.phase.kind === 'starting'
        ? { state: { ...state, phase: { kind: 'running', since: now } }, effects: [] }
        : { state, effects: [] };
    case 'ended':
      return ended(state, event.why, now, limits);
    case 'due':
      return due(state, now, limits);
    case 'stop':
      return stop(state, now, limits);
  }
}

/** Time to wait before the n-th start in a row (n counted from 1) that follows an unhealthy run. */
export function delayMs(failures: number, limits: Limits): number {
  return Math.min(limits.firstDelayMs * 2 ** (failures - 1), limits.longestDelayMs);
}

export function report(name: string, state: Supervision): ServerReport {
  return { name, phase: state.phase.kind, restartCount: state.restartCount, lastEnd: state.lastEnd };
}

function spawn(state: Supervision, now: number, limits: Limits): Step {
  return {
    state: { ...state, phase: { kind: 'starting', since: now } },
    effects: [{ kind: 'spawn' }, { kind: 'wake', at: now + limits.startWithinMs }],
  };
}

function ended(state: Supervision, why: string, now: number, limits: Limits): Step {
  switch (state.phase.kind) {
    case 'stopping':
      return { state: { ...state, phase: { kind: 'stopped' } }, effects: [] };
    case 'starting':
    case 'running': {
      const wasHealthy = state.phase.kind === 'running' && now - state.phase.since >= limits.healthyAfterMs;
      const failures = wasHealthy ? 1 : state.failures + 1;
      const delay = delayMs(failures, limits);
      return {
        state: {
          phase: { kind: 'waiting', until: now + delay },
          failures,
          restartCount: state.restartCount + 1,
          lastEnd: why,
        },
        effects: [
          { kind: 'log', line: `ended: ${why}; starting it again in ${delay} ms` },
          { kind: 'wake', at: now + delay },
        ],
      };
    }
    case 'waiting':
    case 'stopped':
      return { state, effects: [] };
  }
}

function due(state: Supervision, now: number, limits: Limits): Step {
  // Timers of the operating system may fire a moment early: not yet due means to be woken again.
  const early = (at: number): Step => ({ state, effects: [{ kind: 'wake', at }] });
  switch (state.phase.kind) {
    case 'waiting':
      return now >= state.phase.until ? spawn(state, now, limits) : early(state.phase.until);
    case 'starting':
      return now - state.phase.since >= limits.startWithinMs
        ? {
            state,
            effects: [{ kind: 'log', line: `not ready after ${limits.startWithinMs} ms` }, { kind: 'terminate' }],
          }
        : early(state.phase.since + limits.startWithinMs);
    case 'stopping':
      return now - state.phase.since >= limits.stopWithinMs
        ? {
            state,
            effects: [{ kind: 'log', line: `did not stop within ${limits.stopWithinMs} ms` }, { kind: 'terminate' }],
          }
        : early(state.phase.since + limits.stopWithinMs);
    case 'running':
    case 'stopped':
      return { state, effects: [] };
  }
}

function stop(state: Supervision, now: number, limits: Limits): Step {
  switch (state.phase.kind) {
    case 'starting':
    case 'running':
      return {
        state: { ...state, phase: { kind: 'stopping', since: now } },
        effects: [{ kind: 'ask-to-stop' }, { kind: 'wake', at: now + limits.stopWithinMs }],
      };
    case 'waiting':
      return { state: { ...state, phase: { kind: 'stopped' } }, effects: [] };
    case 'stopping':
    case 'stopped':
      return { state, effects: [] };
  }
}
