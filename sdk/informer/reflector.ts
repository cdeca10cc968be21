/**
 * The reflector: what to do next to keep a copy of a collection true (list, watch, wait), as a pure function of what
 * happened. It never ends by itself and never gives up: every failure leads to a wait and another try, and is reported.
 * Rules from client-go tools/cache/reflector.go; differences are noted.
 */

export type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'listing' }
  /** WatchList: the present state arrives as ADDED events until the bookmark that ends it. */
  | { readonly kind: 'collecting' }
  | { readonly kind: 'watching'; readonly openedMs: number; readonly eventCount: number }
  | { readonly kind: 'waiting'; readonly reason: string }
  | { readonly kind: 'stopped' };

export interface ReflectorState {
  readonly phase: Phase;
  /** Where the copy stands; undefined: list anew. */
  readonly resourceVersion: string | undefined;
  /** False once the server refused or ignored WatchList. */
  readonly useWatchList: boolean;
  /** Failures in a row, for the back-off. */
  readonly failureCount: number;
  readonly hasSynced: boolean;
}

export type Failure =
  /** 410, or Expired inside the stream: the resourceVersion is compacted. */
  | { readonly kind: 'expired' }
  /** The server does not do WatchList (422 or 400), or never ended its initial events. */
  | { readonly kind: 'no-watch-list'; readonly message: string }
  | { readonly kind: 'other'; readonly message: string; readonly retryAfterMs?: number | undefined };

export type ReflectorEvent =
  | { readonly kind: 'start' }
  | { readonly kind: 'listed'; readonly resourceVersion: string }
  | { readonly kind: 'opened' }
  | { readonly kind: 'object'; readonly resourceVersion: string }
  | { readonly kind: 'bookmark'; readonly resourceVersion: string; readonly endsInitial: boolean }
  /** The server ended the watch in good order. */
  | { readonly kind: 'ended' }
  | { readonly kind: 'failed'; readonly failure: Failure }
  | { readonly kind: 'waited' }
  | { readonly kind: 'stop' };

export type ReflectorEffect =
  | { readonly kind: 'list' }
  | {
      readonly kind: 'watch';
      readonly resourceVersion: string | undefined;
      readonly sendInitialEvents: boolean;
      readonly timeoutSeconds: number;
    }
  | { readonly kind: 'wait'; readonly delayMs: number }
  /** Where the event's object goes: into the copy, or beside it until the initial events are complete. */
  | { readonly kind: 'collect' | 'apply' }
  /** What was listed or collected becomes the copy. */
  | { readonly kind: 'replace' }
  | { readonly kind: 'synced' }
  | { readonly kind: 'report'; readonly message: string };

export interface Step {
  readonly state: ReflectorState;
  readonly effects: readonly ReflectorEffect[];
}

const firstBackoffMs = 50;
const maxBackoffMs = 30_000;
/** A watch that ends sooner than this without an event is a failure, or a broken proxy would be asked without pause. */
const shortWatchMs = 1_000;
/** Reflectors ask for a random 5-10 minutes, so that many clients do not come back in the same moment. */
const minWatchSeconds = 300;

export const initialState: ReflectorState = {
  phase: { kind: 'idle' },
  resourceVersion: undefined,
  useWatchList: true,
  failureCount: 0,
  hasSynced: false,
};

/** `random` is one number in [0, 1): jitter. */
export function step(state: ReflectorState, event: ReflectorEvent, nowMs: number, random: number): Step {
  if (state.phase.kind === 'stopped') return { state, effects: [] };
  switch (event.kind) {
    case 'stop':
      return { state: { ...state, phase: { kind: 'stopped' } }, effects: [] };
    case 'start':
    case 'waited':
      return resume(state, nowMs, random);
    case 'listed': {
      const replaced: ReflectorState = { ...state, resourceVersion: event.resourceVersion, failureCount: 0 };
      return completed(resume(replaced, nowMs, random), state.hasSynced);
    }
    case 'opened':
      return { state, effects: [] };
    case 'object':
      if (state.phase.kind === 'collecting') return { state, effects: [{ kind: 'collect' }] };
      return { state: seen(state, event.resourceVersion), effects: [{ kind: 'apply' }] };
    case 'bookmark':
      if (state.phase.kind !== 'collecting') return { state: seen(state, event.resourceVersion), effects: [] };
      if (!event.endsInitial) return { state, effects: [] };
      return completed(
        {
          state: {
            ...state,
            phase: { kind: 'watching', openedMs: nowMs, eventCount: 1 },
            resourceVersion: event.resourceVersion,
            failureCount: 0,
          },
          effects: [],
        },
        state.hasSynced,
      );
    case 'ended':
      return ended(state, nowMs, random);
    case 'failed':
      return failed(state, event.failure, nowMs, random);
  }
}

/** The next try: from where the copy stands, or from the beginning. */
function resume(state: ReflectorState, nowMs: number, random: number): Step {
  const timeoutSeconds = minWatchSeconds + Math.floor(random * minWatchSeconds);
  if (state.resourceVersion !== undefined) {
    return {
      state: { ...state, phase: { kind: 'watching', openedMs: nowMs, eventCount: 0 } },
      effects: [{ kind: 'watch', resourceVersion: state.resourceVersion, sendInitialEvents: false, timeoutSeconds }],
    };
  }
  if (state.useWatchList) {
    return {
      state: { ...state, phase: { kind: 'collecting' } },
      effects: [{ kind: 'watch', resourceVersion: undefined, sendInitialEvents: true, timeoutSeconds }],
    };
  }
  return { state: { ...state, phase: { kind: 'listing' } }, effects: [{ kind: 'list' }] };
}

function completed(next: Step, hadSynced: boolean): Step {
  const effects: ReflectorEffect[] = [{ kind: 'replace' }];
  if (!hadSynced) effects.push({ kind: 'synced' });
  return { state: { ...next.state, hasSynced: true }, effects: [...effects, ...next.effects] };
}

function seen(state: ReflectorState, resourceVersion: string): ReflectorState {
  if (state.phase.kind !== 'watching') return { ...state, resourceVersion };
  const phase: Phase = { ...state.phase, eventCount: state.phase.eventCount + 1 };
  return { ...state, phase, resourceVersion, failureCount: 0 };
}

function ended(state: ReflectorState, nowMs: number, random: number): Step {
  const { phase } = state;
  if (phase.kind === 'watching' && (phase.eventCount > 0 || nowMs - phase.openedMs >= shortWatchMs)) {
    return resume({ ...state, failureCount: 0 }, nowMs, random);
  }
  const message =
    phase.kind === 'collecting'
      ? 'the watch ended before its initial events were complete'
      : 'very short watch: it ended within a second and without an event';
  return backOff(state, message, undefined, random);
}

function failed(state: ReflectorState, failure: Failure, nowMs: number, random: number): Step {
  switch (failure.kind) {
    case 'expired': {
      const relist: ReflectorState = { ...state, resourceVersion: undefined };
      const message = `resourceVersion ${state.resourceVersion ?? 'of the list'} has expired; listing again`;
      if (state.failureCount > 0) return backOff(relist, message, undefined, random);
      const next = resume({ ...relist, failureCount: 1 }, nowMs, random);
      return { state: next.state, effects: [{ kind: 'report', message }, ...next.effects] };
    }
    case 'no-watch-list': {
      // Only a watch that asked for initial events can have been refused for them.
      if (state.phase.kind !== 'collecting') return backOff(state, failure.message, undefined, random);
      return resume({ ...state, useWatchList: false }, nowMs, random);
    }
    case 'other':
      return backOff(state, failure.message, failure.retryAfterMs, random);
  }
}

function backOff(state: ReflectorState, message: string, retryAfterMs: number | undefined, random: number): Step {
  const backoffMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(state.failureCount, 20));
  // Half to full: all clients of a server that restarted come back spread out.
  const delayMs = Math.max(retryAfterMs ?? 0, Math.round(backoffMs * (0.5 + random / 2)));
  return {
    state: { ...state, phase: { kind: 'waiting', reason: message }, failureCount: state.failureCount + 1 },
    effects: [
      { kind: 'report', message: `${message}; trying again in ${delayMs} ms` },
      { kind: 'wait', delayMs },
    ],
  };
}
