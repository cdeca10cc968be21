/** When a pod has been active for as long as it may (activeDeadlineSeconds), counted from its start time. */
import type { Clock, Timer } from '@diatom/sdk';

export class Deadline {
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #onPassed: () => void;
  #at: number | undefined;
  #timer: Timer | undefined;
  #hasPassed = false;

  constructor(clock: Clock, startTime: string, onPassed: () => void) {
    this.#clock = clock;
    this.#startedAtMs = Date.parse(startTime);
    this.#onPassed = onPassed;
  }

  /** In ms since the epoch; undefined: there is none. */
  get at(): number | undefined {
    return this.#at;
  }

  get isPast(): boolean {
    return this.#at !== undefined && this.#at <= this.#clock.now();
  }

  /** The pod's word; an update may change it. */
  set(seconds: number | undefined): void {
    this.#at = seconds === undefined ? undefined : this.#startedAtMs + seconds * 1000;
  }

  /** Calls `onPassed` once, at once when the time has come already. */
  watch(): void {
    this.#timer?.cancel();
    if (this.#at === undefined || this.#hasPassed) return;
    const leftMs = this.#at - this.#clock.now();
    if (leftMs > 0) {
      // A timer may be shorter than what is left.
      this.#timer = this.#clock.after(leftMs, () => this.watch());
      return;
    }
    this.#hasPassed = true;
    this.#onPassed();
  }

  cancel(): void {
    this.#timer?.cancel();
  }
}
