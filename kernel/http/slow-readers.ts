/**
 * Readers of streams, and how long each has taken nothing. They are looked through together: among a thousand watchers a timer
 * for every write is made and thrown away ten thousand times a second.
 */

/** How often readers are looked through while they are patiently waited for. */
const looks = 4;

export interface Reader {
  /** A write to it begins. */
  begin(): void;
  /** It is done. */
  end(): void;
  /** The stream is over. */
  leave(): void;
}

export class SlowReaders {
  readonly #readers = new Map<Reader, () => void>();
  readonly #lookMs: number;
  #timer: NodeJS.Timeout | undefined;
  #now = 0;

  /** A reader that takes nothing is cut off after `patienceMs`, at most a quarter later, never earlier. */
  constructor(patienceMs: number) {
    this.#lookMs = patienceMs / looks;
  }

  add(cutOff: () => void): Reader {
    let since: number | undefined;
    const reader: Reader = {
      begin: () => {
        since = this.#now;
      },
      end: () => {
        since = undefined;
      },
      leave: () => this.#leave(reader),
    };
    this.#readers.set(reader, () => {
      if (since !== undefined && this.#now - since > looks) cutOff();
    });
    this.#timer ??= setInterval(() => this.look(), this.#lookMs).unref();
    return reader;
  }

  /** Called by a timer while there are readers. */
  look(): void {
    this.#now++;
    for (const look of this.#readers.values()) look();
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
