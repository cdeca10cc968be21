/**
 * Frames for many watchers: made, joined and encoded once. They stand in a chain of which every watcher holds the link it
 * has reached, so that one more watcher costs nothing for an event, and what all have passed is garbage by itself.
 */
import { type Frame, joined } from './frame-stream.ts';

/**
 * A link is not longer than this, or hardly: a connection takes a link with one write, and what a slow one holds back is bounded
 * by it. Of links half as long 1,000 watchers of a busy kind cost a tenth more and take 140 MB less.
 */
const linkBytes = 256 * 1024;

export interface Link {
  readonly chunk: Frame;
  /** Frames up to the end of this one, since the chain began. */
  readonly count: number;
  next: Link | undefined;
}

export class SharedFrames {
  #last: Link = { chunk: '', count: 0, next: undefined };
  #open: Frame[] = [];
  #openBytes = 0;

  /** What comes next follows this link. */
  get last(): Link {
    return this.#last;
  }

  /** Whether frames wait to become a link. */
  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** Bytes are made of text where several connections send it. */
  push(frame: Frame, isShared: boolean): void {
    this.#open.push(frame);
    this.#openBytes += frame.length;
    if (this.#openBytes >= linkBytes) this.close(isShared);
  }

  /** What was pushed becomes a link. */
  close(isShared: boolean): void {
    if (this.#open.length === 0) return;
    const chunk = joined(this.#open);
    const link: Link = {
      chunk: isShared && typeof chunk === 'string' ? Buffer.from(chunk) : chunk,
      count: this.#last.count + this.#open.length,
      next: undefined,
    };
    this.#last.next = link;
    this.#last = link;
    this.#open = [];
    this.#openBytes = 0;
  }
}
