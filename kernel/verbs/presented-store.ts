/**
 * The store as a version of a custom kind sees it: objects of other versions converted, those written under an older
 * schema defaulted and pruned by the present one. The verbs stay as they are: they work on one version, synchronously.
 * Where a webhook is needed, a read throws `ConversionNeeded`; what is missing is fetched and the verb run again.
 */
import type { CallWebhook } from '../http/webhooks.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type {
  Decision,
  JoinedValues,
  ListOptions,
  ListResult,
  Store,
  StoredObject,
  StoreEvent,
  WatchHandle,
  WatchOptions,
  WriteResult,
} from '../store/store.ts';
import { convert } from './conversion.ts';
import { notWritten, parseStored, serialise } from './stored.ts';

/** A text in another version. */
interface Wanted {
  readonly text: string;
  readonly apiVersion: string;
}

class ConversionNeeded extends Error {
  readonly wanted: readonly Wanted[];
  constructor(wanted: readonly Wanted[]) {
    super('objects have to be converted first');
    this.wanted = wanted;
  }
}

/** A write that meets ever new states is given up; each round sees what another writer has made meanwhile. */
const mostRounds = 20;

export class PresentedStore implements Store {
  readonly #store: Store;
  readonly #kind: Kind;
  readonly #call: CallWebhook;
  readonly #log: (message: string) => void;
  readonly #apiVersion: string;
  readonly #start: string;
  /** Of this request: by version and text. */
  readonly #converted = new Map<string, string>();
  readonly #prefix: string;

  constructor(store: Store, kind: Kind, prefix: string, call: CallWebhook, log: (message: string) => void) {
    this.#store = store;
    this.#kind = kind;
    this.#prefix = prefix;
    this.#call = call;
    this.#log = log;
    this.#apiVersion = apiVersionOf(kind);
    this.#start = `{"apiVersion":"${this.#apiVersion}",`;
  }

  get revision(): number {
    return this.#store.revision;
  }

  get compactRevision(): number {
    return this.#store.compactRevision;
  }

  /** Runs a verb until everything it reads is there. */
  async serve<T>(verb: () => T | Promise<T>): Promise<T> {
    for (let round = 1; ; round++) {
      try {
        return await verb();
      } catch (error) {
        if (!(error instanceof ConversionNeeded) || round === mostRounds) throw error;
        await this.#fetch(error.wanted);
      }
    }
  }

  async #fetch(wanted: readonly Wanted[]): Promise<void> {
    const webhook = this.#kind.custom?.conversion;
    if (webhook === undefined) return;
    const byVersion = Map.groupBy(wanted, ({ apiVersion }) => apiVersion);
    for (const [apiVersion, items] of byVersion) {
      const objects = await convert(
        this.#call,
        webhook,
        items.map(({ text }) => parseStored(text)),
        apiVersion,
      );
      for (const [index, object] of objects.entries()) {
        const text = items[index]?.text ?? '';
        this.#converted.set(`${apiVersion} ${text}`, JSON.stringify(object));
      }
    }
  }

  /** Undefined: to be converted first. */
  #inVersion(text: string, apiVersion: string): string | undefined {
    const start = `{"apiVersion":"${apiVersion}",`;
    if (text.startsWith(start)) return text;
    const { conversion } = this.#kind;
    if (conversion !== undefined) {
      const convert = apiVersion === this.#apiVersion ? conversion.fromStored : conversion.toStored;
      return JSON.stringify(convert(parseStored(text)));
    }
    if (this.#kind.custom?.conversion === undefined) return relabelled(text, apiVersion);
    return this.#converted.get(`${apiVersion} ${text}`);
  }

  #present(text: string, revision: number): string | undefined {
    const own = this.#inVersion(text, this.#apiVersion);
    const { custom } = this.#kind;
    if (own === undefined || custom === undefined) return own;
    const isConverted = custom.conversion !== undefined && own !== text;
    if (revision > custom.since && !isConverted) return own;
    return JSON.stringify(custom.renew(parseStored(own)));
  }

  #object(item: StoredObject): StoredObject | undefined {
    const value = this.#present(item.value, item.modRevision);
    return value === undefined ? undefined : value === item.value ? item : { ...item, value };
  }

  #needs(texts: readonly string[]): ConversionNeeded {
    return new ConversionNeeded(texts.map((text) => ({ text, apiVersion: this.#apiVersion })));
  }

  get(key: string): StoredObject | undefined {
    const item = this.#store.get(key);
    if (item === undefined || !key.startsWith(this.#prefix)) return item;
    const presented = this.#object(item);
    if (presented === undefined) throw this.#needs([item.value]);
    return presented;
  }

  list(prefix: string, options?: ListOptions): ListResult {
    const result = this.#store.list(prefix, options);
    if (!prefix.startsWith(this.#prefix)) return result;
    const items: StoredObject[] = [];
    const missing: string[] = [];
    for (const item of result.items) {
      const presented = this.#object(item);
      if (presented === undefined) missing.push(item.value);
      else items.push(presented);
    }
    if (missing.length > 0) throw this.#needs(missing);
    return { ...result, items };
  }

  join(prefix: string, options: ListOptions & { readonly limit: number }): JoinedValues {
    if (!prefix.startsWith(this.#prefix)) return this.#store.join(prefix, options);
    const { items, revision } = this.list(prefix, options);
    const bytes = Buffer.from(items.map(({ value }) => value).join(','));
    return { bytes, count: items.length, lastKey: items.at(-1)?.key, revision };
  }

  write(key: string, decide: (current: StoredObject | undefined) => Decision): Promise<WriteResult> {
    if (!key.startsWith(this.#prefix)) return this.#store.write(key, decide);
    return this.serve(() =>
      this.#store.write(key, (current) => {
        const presented = current === undefined ? undefined : this.#object(current);
        if (current !== undefined && presented === undefined) throw this.#needs([current.value]);
        return this.#stored(decide(presented));
      }),
    );
  }

  /** A decision in the version that is stored. */
  #stored(decision: Decision): Decision {
    const { custom, storageApiVersion } = this.#kind;
    if (decision.kind === 'keep' || storageApiVersion === this.#apiVersion) return decision;
    const write = decision.kind === 'put' ? decision.value : decision.finalValue;
    if (write === undefined) return decision;
    const made = (value: (revision: number) => string): Decision =>
      decision.kind === 'put' ? { kind: 'put', value } : { kind: 'delete', finalValue: value };
    if (this.#kind.conversion !== undefined) {
      const { toStored } = this.#kind.conversion;
      return made((revision) => serialise(this.#kind, toStored(parseStored(write(revision))), revision));
    }
    if (custom?.conversion === undefined) return made((revision) => relabelled(write(revision), storageApiVersion));
    const own = write(notWritten);
    const text = this.#inVersion(own, storageApiVersion);
    if (text === undefined) throw new ConversionNeeded([{ text: own, apiVersion: storageApiVersion }]);
    return made((revision) => {
      // What the verb answers with is its own version's text.
      write(revision);
      return serialise(this.#kind, parseStored(text), revision);
    });
  }

  #renewed(event: StoreEvent): StoreEvent {
    const { value, previousValue, revision } = event;
    const present = (text: string): string => this.#present(text, revision) ?? text;
    return { ...event, value: present(value), previousValue: previousValue && present(previousValue) };
  }

  /** Events in their order, each converted before the next is handed on. */
  watch(options: WatchOptions): WatchHandle {
    if (!options.prefix.startsWith(this.#prefix)) return this.#store.watch(options);
    if (this.#kind.custom?.conversion === undefined) {
      const exchange = (text: string): string => this.#inVersion(text, this.#apiVersion) ?? text;
      const since = this.#kind.custom?.since ?? 0;
      // What was written before the schema was as it is now is shown as reading shows it.
      const shown = (event: StoreEvent): StoreEvent =>
        event.revision > since ? exchangedEvent(event, this.#apiVersion, exchange) : this.#renewed(event);
      const onEvents = (events: readonly StoreEvent[]): void => options.onEvents(events.map(shown));
      return this.#store.watch({ ...options, onEvents });
    }
    let delivered = options.after;
    let queue = Promise.resolve();
    let isOver = false;
    const end = (reason: 'closed' | 'compacted'): void => {
      if (isOver) return;
      isOver = true;
      options.onEnd(reason);
    };
    const handle = this.#store.watch({
      ...options,
      onEvents: (events) => {
        queue = queue.then(async () => {
          if (isOver) return;
          try {
            options.onEvents(await this.#events(events));
            delivered = events.at(-1)?.revision ?? delivered;
          } catch (error) {
            this.#log(`a watch of ${this.#apiVersion} ${this.#kind.kind} ends: ${String(error)}`);
            handle.cancel();
            end('closed');
          }
        });
      },
      onEnd: (reason) => {
        queue = queue.then(() => end(reason));
      },
    });
    return {
      get position() {
        return delivered;
      },
      cancel: () => {
        isOver = true;
        handle.cancel();
      },
    };
  }

  async #events(events: readonly StoreEvent[]): Promise<readonly StoreEvent[]> {
    const wanted = events
      .flatMap(({ value, previousValue }) => [value, ...(previousValue === undefined ? [] : [previousValue])])
      .filter((text) => !text.startsWith(this.#start) && !this.#converted.has(`${this.#apiVersion} ${text}`));
    if (wanted.length > 0)
      await this.#fetch([...new Set(wanted)].map((text) => ({ text, apiVersion: this.#apiVersion })));
    const present = (text: string): string => this.#present(text, Number.MAX_SAFE_INTEGER) ?? text;
    const made = events.map((event) => ({
      ...event,
      value: present(event.value),
      previousValue: event.previousValue === undefined ? undefined : present(event.previousValue),
    }));
    // A watch lives long: what it has handed on is not needed again.
    this.#converted.clear();
    return made;
  }

  compact(revision: number): void {
    this.#store.compact(revision);
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

/** The apiVersion stands first in a stored text. */
function relabelled(text: string, apiVersion: string): string {
  const rest = text.slice(text.indexOf(',') + 1);
  return text.startsWith('{"apiVersion":"')
    ? `{"apiVersion":"${apiVersion}",${rest}`
    : JSON.stringify({ ...parseStored(text), apiVersion });
}

const exchangedEvents = new WeakMap<StoreEvent, Map<string, StoreEvent>>();

/** The same event for all watchers of a version, so that it is serialised once. */
function exchangedEvent(event: StoreEvent, apiVersion: string, exchange: (text: string) => string): StoreEvent {
  const start = `{"apiVersion":"${apiVersion}",`;
  const { value, previousValue } = event;
  if (value.startsWith(start) && previousValue?.startsWith(start) !== false) return event;
  let versions = exchangedEvents.get(event);
  if (versions === undefined) {
    versions = new Map();
    exchangedEvents.set(event, versions);
  }
  let made = versions.get(apiVersion);
  if (made === undefined) {
    made = {
      ...event,
      value: exchange(value),
      previousValue: previousValue === undefined ? undefined : exchange(previousValue),
    };
    versions.set(apiVersion, made);
  }
  return made;
}
