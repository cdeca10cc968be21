/** Frames on their way to one watcher: pushed by the store, pulled by the transport, bounded in between. */
import type { ApiStream } from '@diatom/sdk/api';

/** More than this waiting, and the watcher is cut off; it resumes from what it has seen. */
const waitingLimit = 20_000;

export class FrameStream implements ApiStream {
  #frames: string[] = [];
  #ended = false;
  #limit = waitingLimit;
  #wake: (() => void) | undefined;
  readonly #onEnd: () => void;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** The state a watch begins with, however large it is. */
  pushState(frames: readonly string[]): void {
    this.#limit += frames.length;
    for (const frame of frames) this.push(frame);
  }

  push(frame: string): void {
    if (this.#ended) return;
    this.#frames.push(frame);
    if (this.#frames.length > this.#limit) this.cancel();
    this.#signal();
  }

  /** What was pushed is still delivered. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
    this.#signal();
  }

  cancel(): void {
    this.#frames = [];
    this.end();
  }

  #signal(): void {
    this.#wake?.();
    this.#wake = undefined;
  }

  get chunks(): AsyncIterable<string> {
    return this.#pull();
  }

  async *#pull(): AsyncGenerator<string> {
    try {
      for (;;) {
        if (this.#frames.length > 0) {
          const frames = this.#frames;
          this.#frames = [];
          yield frames.length === 1 ? (frames[0] ?? '') : frames.join('');
        } else if (this.#ended) return;
        else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.cancel();
    }
  }
}
