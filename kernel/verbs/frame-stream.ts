/** Frames on their way to one watcher: pushed by the store, pulled by the transport, bounded in between. */
import type { ApiStream } from '@diatom/sdk/api';

/** More than this waiting, and the watcher is cut off; it resumes from what it has seen. */
const waitingLimit = 20_000;

/** A JSON line, or the bytes of a protobuf frame: one or the other all through a stream. */
export type Frame = string | Uint8Array;

export class FrameStream implements ApiStream {
  #frames: Frame[] = [];
  #ended = false;
  #limit = waitingLimit;
  #wake: (() => void) | undefined;
  readonly #onEnd: () => void;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  /** The state a watch begins with, however large it is. */
  pushState(frames: readonly Frame[]): void {
    this.#limit += frames.length;
    for (const frame of frames) this.push(frame);
  }

  push(frame: Frame): void {
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

  get chunks(): AsyncIterable<Frame> {
    return this.#pull();
  }

  async *#pull(): AsyncGenerator<Frame> {
    try {
      for (;;) {
        if (this.#frames.length > 0) {
          const frames = this.#frames;
          this.#frames = [];
          yield joined(frames);
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

function joined(frames: readonly Frame[]): Frame {
  const [first = ''] = frames;
  if (frames.length === 1) return first;
  if (typeof first === 'string') return frames.join('');
  return Buffer.concat(frames.filter((frame) => typeof frame !== 'string'));
}
