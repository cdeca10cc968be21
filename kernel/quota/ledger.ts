/**
 * Quotas are checked where a write is decided and charged with it: what is admitted is booked at once, so that writes
 * decided before the quota's own status is written count it, and the status is written right behind. What is lost when
 * the process dies in between is put right by the next count (servers/quota).
 */
import type { JsonRecord } from '../kinds/json.ts';
import { ensureRecord, recordAt } from '../kinds/json.ts';
import { type Amounts, add, type CountedKind } from '../kinds/rules/quota-usage.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { type Charge, checkQuotas } from './check.ts';

export interface Write {
  readonly kind: CountedKind;
  readonly namespace: string;
  readonly object: JsonRecord;
  /** Absent when the write creates. */
  readonly previous: JsonRecord | undefined;
}

export interface Booking {
  readonly written: Promise<unknown>;
  /** Takes back what is not in its quota yet. */
  cancel(): void;
}

export interface LedgerOptions {
  readonly store: Store;
  readonly nowMs: () => number;
  /** The text to store for a quota at a revision. */
  readonly serialise: (quota: JsonRecord, revision: number) => string;
  readonly parse: (text: string) => JsonRecord;
  readonly log: (message: string) => void;
}

const prefix = resourcePrefix('', 'resourcequotas');

export class QuotaLedger {
  readonly #options: LedgerOptions;
  /** Keys of quotas by namespace. */
  readonly #quotas = new Map<string, Set<string>>();
  readonly #booked = new Map<string, Set<Amounts>>();

  constructor(options: LedgerOptions) {
    this.#options = options;
    const { store, log } = options;
    const { items, revision } = store.list(prefix);
    for (const { key } of items) this.#take(key, true);
    store.watch({
      prefix,
      after: revision,
      onEvents: (events) => {
        for (const { key, kind } of events) this.#take(key, kind === 'put');
      },
      onEnd: (reason) => {
        if (reason !== 'closed') log(`quotas are no longer followed: the watch of them ended (${reason}); restart`);
      },
    });
  }

  /** What a write would cost, or why it is refused; undefined where no quota has a say. Called as it is decided. */
  check({ kind, namespace, object, previous }: Write): readonly Charge[] | string | undefined {
    const keys = this.#quotas.get(namespace);
    if (keys === undefined) return undefined;
    const { store, nowMs, parse } = this.#options;
    const quotas = [...keys].flatMap((key) => {
      const stored = store.get(key);
      return stored === undefined ? [] : [{ key, quota: parse(stored.value), booked: this.#bookedFor(key) }];
    });
    const verdict = checkQuotas(kind, object, previous, quotas, nowMs());
    return verdict.kind === 'refused' ? verdict.why : verdict.charges;
  }

  /** Counts charges from now on and writes them into their quotas. */
  book(charges: readonly Charge[]): Booking {
    const cancels: (() => void)[] = [];
    const writes = charges.map(async ({ key, amounts }) => {
      const booked = this.#booked.get(key) ?? new Set();
      this.#booked.set(key, booked);
      // An entry of its own: two equal charges are two.
      const entry = { ...amounts };
      booked.add(entry);
      const release = (): void => {
        booked.delete(entry);
        if (booked.size === 0) this.#booked.delete(key);
      };
      cancels.push(release);
      const { store, serialise, parse } = this.#options;
      await store.write(key, (current) => {
        if (current === undefined || !booked.has(entry)) return { kind: 'keep' };
        release();
        const quota = parse(current.value);
        const used = recordAt(quota, 'status', 'used');
        const texts = Object.fromEntries(Object.entries(used).map(([name, value]) => [name, String(value)]));
        ensureRecord(quota, 'status').used = add(texts, entry);
        return { kind: 'put', value: (revision) => serialise(quota, revision) };
      });
    });
    const cancel = (): void => {
      for (const release of cancels) release();
    };
    return { written: Promise.all(writes), cancel };
  }

  /** The quota is being counted anew: what was booked has been stored before and is in the count. */
  counted(key: string): void {
    this.#booked.get(key)?.clear();
    this.#booked.delete(key);
  }

  #bookedFor(key: string): Amounts {
    return [...(this.#booked.get(key) ?? [])].reduce<Amounts>(add, {});
  }

  #take(key: string, isThere: boolean): void {
    const namespace = key.slice(prefix.length, key.lastIndexOf('/'));
    const keys = this.#quotas.get(namespace) ?? new Set();
    if (isThere) keys.add(key);
    else keys.delete(key);
    if (keys.size === 0) this.#quotas.delete(namespace);
    else this.#quotas.set(namespace, keys);
  }
}
