/**
 * Pieces of lists that were read a moment ago. After a restart every client lists the same kinds at once; and a list that is
 * sent piece by piece stays at its revision while other kinds are written. Pieces of a prefix hold until it changes.
 */
import type { JoinedValues, Revision, StoreEvent } from './store.ts';

const mostBytes = 16 * 1024 * 1024;
/** Pieces nobody asked for in this time are forgotten: memory is not for lists that are over. */
const keepMs = 1_000;

interface Prefix {
  /** Nothing below it has changed after this revision. */
  readonly unchangedSince: Revision;
  readonly pieces: Map<string, JoinedValues>;
}

export class Pieces {
  readonly #prefixes = new Map<string, Prefix>();
  #sizeBytes = 0;
  #isUsed = false;
  #timer: NodeJS.Timeout | undefined;

  /** Whether the state of a prefix at that revision is the present one, as far as it is known here. */
  isPresent(prefix: string, at: Revision): boolean {
    const known = this.#prefixes.get(prefix);
    return known !== undefined && at >= known.unchangedSince;
  }

  /** A piece of the present state, which `read` reads when it is not here. */
  piece(prefix: string, name: string, newest: Revision, read: () => JoinedValues): JoinedValues {
    this.#isUsed = true;
    this.#timer ??= setInterval(() => this.#forget(), keepMs).unref();
    let known = this.#prefixes.get(prefix);
    if (known === undefined) {
      known = { unchangedSince: newest, pieces: new Map() };
      this.#prefixes.set(prefix, known);
    }
    const kept = known.pieces.get(name);
    if (kept !== undefined) return kept;
    const piece = read();
    if (this.#sizeBytes + piece.bytes.length <= mostBytes) {
      known.pieces.set(name, piece);
      this.#sizeBytes += piece.bytes.length;
    }
    return piece;
  }

  changed(events: readonly StoreEvent[]): void {
    for (const [prefix, { pieces }] of this.#prefixes) {
      if (!events.some(({ key }) => key.startsWith(prefix))) continue;
      this.#prefixes.delete(prefix);
      for (const { bytes } of pieces.values()) this.#sizeBytes -= bytes.length;
    }
  }

  clear(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#prefixes.clear();
    this.#sizeBytes = 0;
  }

  #forget(): void {
    if (this.#isUsed) this.#isUsed = false;
    else this.clear();
  }
}
