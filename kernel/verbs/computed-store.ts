/** A store in whose place a few objects stand that are made for one request: read by the same verbs as stored ones. */
import type { JsonRecord } from '../kinds/json.ts';
import type {
  JoinedValues,
  ListOptions,
  ListResult,
  Store,
  StoredObject,
  WatchHandle,
  WriteResult,
} from '../store/store.ts';

export interface ComputedObject {
  readonly key: string;
  readonly object: JsonRecord;
}

export class ComputedStore implements Store {
  readonly #store: Store;
  readonly #objects: readonly StoredObject[];

  /** In the order of their keys. */
  constructor(store: Store, objects: readonly ComputedObject[]) {
    this.#store = store;
    const [createRevision, modRevision] = [store.revision, store.revision];
    this.#objects = objects.map(({ key, object }) => ({
      key,
      value: JSON.stringify(object),
      createRevision,
      modRevision,
    }));
  }

  get revision(): number {
    return this.#store.revision;
  }

  get compactRevision(): number {
    return this.#store.compactRevision;
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.find((object) => object.key === key);
  }

  list(prefix: string, { limit = Number.POSITIVE_INFINITY, startAfter = '' }: ListOptions = {}): ListResult {
    const found = this.#objects.filter(({ key }) => key.startsWith(prefix) && key > startAfter);
    const items = found.slice(0, limit < 0 ? found.length : limit);
    return { items, revision: this.revision, remaining: found.length - items.length };
  }

  join(prefix: string, options: ListOptions & { readonly limit: number }): JoinedValues {
    const { items, revision } = this.list(prefix, options);
    const bytes = Buffer.from(items.map(({ value }) => value).join(','));
    return { bytes, count: items.length, lastKey: items.at(-1)?.key, revision };
  }

  write(): Promise<WriteResult> {
    return Promise.reject(new Error('what is computed cannot be written'));
  }

  watch(): WatchHandle {
    throw new Error('what is computed cannot be watched');
  }

  compact(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }
}
