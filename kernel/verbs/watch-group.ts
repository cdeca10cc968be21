/**
 * Watchers of the same objects in the same form. The group watches the store once and hands its frames out in rounds: at
 * once while that is cheap, and the more rarely the longer a round takes, so that a thousand watchers of a busy kind do
 * not take the processor from those who write it. A write to a connection costs the same for one frame and for a hundred;
 * a link that is full need not wait. Measured with 1,000 watchers over TLS: 1.5 ms an event without groups.
 */
import type { StoreEvent, WatchHandle, WatchOptions } from '../store/store.ts';
import type { Frame, FrameStream } from './frame-stream.ts';
import { type Link, SharedFrames } from './shared-frames.ts';

/** From the beginning of a round to that of the next over what a round takes, and the most it is, unless that is half of it. */
const periodOverRound = 6;
const longestPeriodMs = 150;
/** What a member costs at least: encryption and the socket have their turn after the round. */
const memberMs = 0.015;
/**
 * Members that are told without a pause. Requests are served between, and what sockets take at once needs memory for so
 * many connections only, and what is written to one connection of many watches is copied together.
 */
const turnMembers = 16;
/** Node's timers go no finer. */
const shortestTimerMs = 1;

export interface RoundClock {
  nowMs(): number;
  /** Calls back not before that time has passed, unless what it gives back is called first. */
  after(delayMs: number, callback: () => void): () => void;
  /** Calls back when what is waiting has had its turn. */
  soon(callback: () => void): void;
}

const realClock: RoundClock = {
  nowMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
  soon: setImmediate,
};

export interface WatchGroupOptions {
  readonly watch: (options: Pick<WatchOptions, 'onEvents' | 'onEnd'>) => WatchHandle;
  /** Undefined: not to be seen by this group. */
  readonly frameOf: (event: StoreEvent) => Frame | undefined;
  /** Called when the last member has left or the store has ended the watch. */
  readonly onEmpty: () => void;
  readonly clock?: RoundClock;
}

/** One on its way. */
interface Round {
  readonly beganMs: number;
  /** Without what others did between its turns. */
  readonly spentMs: number;
  /** The end of the chain when it began. */
  readonly last: Link;
}

export class WatchGroup {
  readonly #options: WatchGroupOptions;
  readonly #members = new Set<FrameStream>();
  readonly #frames = new SharedFrames();
  readonly #subscription: WatchHandle;
  readonly #clock: RoundClock;
  #cancelTimer: (() => void) | undefined;
  #nextRoundMs = 0;
  #isHandingOut = false;

  constructor(options: WatchGroupOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#subscription = options.watch({
      onEvents: (events) => this.#take(events),
      onEnd: (reason) => {
        options.onEmpty();
        this.#frames.close(this.#isShared);
        for (const member of [...this.#members]) member.endBy(reason);
      },
    });
  }

  get position(): number {
    return this.#subscription.position;
  }

  get #isShared(): boolean {
    return this.#members.size > 1;
  }

  /** What happens from now on is the member's, too. */
  add(member: FrameStream): void {
    this.#members.add(member);
    member.follow(this);
  }

  remove(member: FrameStream): void {
    if (!this.#members.delete(member) || this.#members.size > 0) return;
    this.#subscription.cancel();
    this.#options.onEmpty();
  }

  /** The end of everything that has happened. */
  closeLink(): Link {
    this.#frames.close(this.#isShared);
    return this.#frames.last;
  }

  #take(events: readonly StoreEvent[]): void {
    const before = this.#frames.last;
    for (const event of events) {
      const frame = this.#options.frameOf(event);
      if (frame !== undefined) this.#frames.push(frame, this.#isShared);
    }
    this.#plan(this.#frames.last !== before);
  }

  /** What happens next with the frames there are; `isFull`: some of them are a link that nobody has been told of. */
  #plan(isFull: boolean): void {
    if (this.#isHandingOut) return;
    if (!isFull && (this.#cancelTimer !== undefined || !this.#frames.isOpen)) return;
    if (this.#restMs() < shortestTimerMs) this.#round();
    else if (isFull) this.#handOut();
    else this.#cancelTimer = this.#clock.after(this.#restMs(), () => this.#round());
  }

  /** Until the next round. */
  #restMs(): number {
    return this.#nextRoundMs - this.#clock.nowMs();
  }

  #round(): void {
    this.#frames.close(this.#isShared);
    this.#handOut();
  }

  /** The links there are, to all. What has not become one waits its full time. */
  #handOut(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#isHandingOut = true;
    this.#wake(this.#members.values(), { beganMs: this.#clock.nowMs(), spentMs: 0, last: this.#frames.last });
  }

  /** Some members, and the others when what else is to do has had its turn. */
  #wake(members: Iterator<FrameStream>, round: Round): void {
    const beganMs = this.#clock.nowMs();
    let isDone = false;
    for (let awake = 0; awake < turnMembers && !isDone; awake++) {
      const next = members.next();
      if (next.done === true) isDone = true;
      else next.value.wake(this.#frames.last.count);
    }
    const endedMs = this.#clock.nowMs();
    const spentMs = round.spentMs + endedMs - beganMs;
    if (!isDone) {
      this.#clock.soon(() => this.#wake(members, { ...round, spentMs }));
      return;
    }
    const roundMs = Math.max(spentMs, this.#members.size * memberMs);
    const periodMs = Math.min(longestPeriodMs, roundMs * periodOverRound);
    this.#nextRoundMs = Math.max(round.beganMs + periodMs, endedMs + roundMs);
    this.#isHandingOut = false;
    this.#plan(this.#frames.last !== round.last);
  }
}
