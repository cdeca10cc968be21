/**
 * The webhooks there are, kept current by watches: a configuration is in force before its own writer has the answer, and
 * no request reads the store for it.
 */
import type { JsonRecord } from '../kinds/json.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { readWebhooks, type Webhook } from './webhook.ts';

export const admissionGroup = 'admissionregistration.k8s.io';

export class Configurations {
  readonly #onChange: () => void;
  readonly #mutating = new Map<string, readonly Webhook[]>();
  readonly #validating = new Map<string, readonly Webhook[]>();

  constructor(store: Store, onChange: () => void, log: (message: string) => void) {
    this.#onChange = onChange;
    const onEnd = (reason: 'closed' | 'compacted'): void => {
      // A store that closes takes everybody with it; nothing is asked of webhooks after that.
      if (reason === 'compacted') log('webhooks are no longer followed: the store ended the watch');
    };
    const keep = (map: Map<string, readonly Webhook[]>) => (key: string, object: JsonRecord | undefined) => {
      if (object === undefined) map.delete(key);
      else map.set(key, readWebhooks(object));
    };
    this.#follow(store, 'mutatingwebhookconfigurations', keep(this.#mutating), onEnd);
    this.#follow(store, 'validatingwebhookconfigurations', keep(this.#validating), onEnd);
  }

  get isEmpty(): boolean {
    return this.#mutating.size === 0 && this.#validating.size === 0;
  }

  /** In the order of their configurations' names. */
  get mutating(): readonly Webhook[] {
    return inOrder(this.#mutating);
  }

  get validating(): readonly Webhook[] {
    return inOrder(this.#validating);
  }

  #follow(
    store: Store,
    resource: string,
    take: (key: string, object: JsonRecord | undefined) => void,
    onEnd: (reason: 'closed' | 'compacted') => void,
  ): void {
    const prefix = resourcePrefix(admissionGroup, resource);
    const { items, revision } = store.list(prefix);
    for (const { key, value } of items) take(key, JSON.parse(value) as JsonRecord);
    store.watch({
      prefix,
      after: revision,
      onEvents: (events) => {
        for (const { key, kind, value } of events)
          take(key, kind === 'delete' ? undefined : (JSON.parse(value) as JsonRecord));
        this.#onChange();
      },
      onEnd,
    });
  }
}

function inOrder<T>(map: ReadonlyMap<string, readonly T[]>): readonly T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, list]) => list);
}
