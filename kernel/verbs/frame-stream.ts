/** Frames on their way to one watcher: pushed by the store or shared with a group, pulled by the transport, bounded in between. */
import type { ApiStream, ChunkSource } from '@diatom/sdk/api';
import type { Link } from './shared-frames.ts';
import type { WatchGroup } from './watch-group.ts';

/** More than this waiting, and the watcher is cut off; it resumes from what it has seen. */
const waitingLimit = 20_000;

/** A JSON line, or the bytes of a protobuf frame: one or the other all through a stream. */
export type Frame = string | Uint8Array;

export interface FrameStreamOptions {
  readonly onEnd: () => void;
  /** The group has ended by itself, everything that happened before is delivered. */
  readonly onGroupEnd: (reason: 'closed' | 'compacted') => void;
}

export class FrameStream implements ApiStream, ChunkSource {
  #frames: Frame[] = [];
  #ended = false;
  #limit = waitingLimit;
  #wake: (() => void) | undefined;
  #listener: (() => void) | undefined;
  #group: WatchGroup | undefined;
  /** The last of the group's links that was taken. */
  #link: Link | undefined;
  readonly #options: FrameStreamOptions;

  constructor(options: FrameStreamOptions) {
    this.#options = options;
  }

  /** The state a watch begins with, however large it is. */
  pushState(frames: readonly Frame[]): void {
    this.#limit += frames.length;
    for (const frame of frames) this.push(frame);
  }

  push(frame: Frame): void {
    if (this.#ended) return;
    if (this.#group !== undefined) this.#takeLinks(this.#group);
    this.#frames.push(frame);
    if (this.#frames.length > this.#limit) this.cancel();
    this.#signal();
  }

  /** From now on a group's frames come behind what was pushed. */
  follow(group: WatchGroup): void {
    this.#group = group;
    this.#link = group.closeLink();
  }

  get source(): ChunkSource {
    return this;
  }

  get isOver(): boolean {
    return this.#ended;
  }

  onReady(listener: () => void): void {
    this.#listener = listener;
  }

  /** The group has made this many frames. */
  wake(count: number): void {
    if (count - (this.#link?.count ?? 0) > this.#limit) this.cancel();
    else this.#signal();
  }

  endBy(reason: 'closed' | 'compacted'): void {
    this.#options.onGroupEnd(reason);
  }

  /** What was pushed is still delivered. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#group !== undefined) {
      this.#takeLinks(this.#group);
      this.#group.remove(this);
      this.#group = undefined;
      // Who still holds this stream must not hold all that its group makes from now on.
      this.#link = undefined;
    }
    this.#options.onEnd();
    this.#signal();
  }

  cancel(): void {
    this.end();
    this.#frames = [];
  }

  /** What the group has made comes before what is pushed now. */
  #takeLinks(group: WatchGroup): void {
    const last = group.closeLink();
    for (let link = this.#link?.next; link !== undefined; link = link.next) this.#frames.push(link.chunk);
    this.#link = last;
  }

  #signal(): void {
    this.#wake?.();
    this.#wake = undefined;
    this.#listener?.();
  }

  get chunks(): AsyncIterable<Frame> {
    return this.#pull();
  }

  take(): Frame | undefined {
    if (this.#frames.length > 0) {
      const frames = this.#frames;
      this.#frames = [];
      return joined(frames);
    }
    const link = this.#link?.next;
    if (this.#group === undefined || link === undefined) return undefined;
    this.#link = link;
    return link.chunk;
  }

  async *#pull(): AsyncGenerator<Frame> {
    try {
      for (;;) {
        const chunk = this.take();
        if (chunk !== undefined) yield chunk;
        else if (this.#ended) return;
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

/** Text stays text; where some of it was encoded for several watchers, all is bytes. */
export function joined(frames: readonly Frame[]): Frame {
  const [first = ''] = frames;
  if (frames.length === 1) return first;
  if (frames.every((frame) => typeof frame === 'string')) return frames.join('');
  return Buffer.concat(frames.map((frame) => (typeof frame === 'string' ? Buffer.from(frame) : frame)));
}
