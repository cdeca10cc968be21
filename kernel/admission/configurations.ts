/**
 * The webhooks and policies there are, kept current by watches: a configuration is in force before its own writer has the
 * answer, and no request reads the store for it.
 */
import type { JsonRecord } from '../kinds/json.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { type Binding, type Policy, readBinding, readPolicy } from './policy.ts';
import { readWebhooks, type Webhook } from './webhook.ts';

export const admissionGroup = 'admissionregistration.k8s.io';

type Followed<T> = ReadonlyMap<string, T>;

export interface BoundPolicy {
  readonly policy: Policy;
  readonly bindings: readonly Binding[];
}

export class Configurations {
  readonly #store: Store;
  readonly #onChange: () => void;
  readonly #log: (message: string) => void;
  readonly #mutating: Followed<readonly Webhook[]>;
  readonly #validating: Followed<readonly Webhook[]>;
  readonly #policies: Followed<Policy>;
  readonly #bindings: Followed<Binding>;
  readonly #mutatingPolicies: Followed<Policy>;
  readonly #mutatingBindings: Followed<Binding>;

  constructor(store: Store, onChange: () => void, log: (message: string) => void) {
    this.#store = store;
    this.#onChange = onChange;
    this.#log = log;
    this.#mutating = this.#follow('mutatingwebhookconfigurations', readWebhooks);
    this.#validating = this.#follow('validatingwebhookconfigurations', readWebhooks);
    this.#policies = this.#follow('validatingadmissionpolicies', readPolicy);
    this.#bindings = this.#follow('validatingadmissionpolicybindings', readBinding);
    this.#mutatingPolicies = this.#follow('mutatingadmissionpolicies', readPolicy);
    this.#mutatingBindings = this.#follow('mutatingadmissionpolicybindings', readBinding);
  }

  /** A policy does nothing without a binding. */
  get isEmpty(): boolean {
    return this.#mutating.size + this.#validating.size + this.#bindings.size + this.#mutatingBindings.size === 0;
  }

  /** In the order of their configurations' names. */
  get mutating(): readonly Webhook[] {
    return inOrder(this.#mutating).flat();
  }

  get validating(): readonly Webhook[] {
    return inOrder(this.#validating).flat();
  }

  get policies(): readonly BoundPolicy[] {
    return bound(this.#policies, this.#bindings);
  }

  get mutatingPolicies(): readonly BoundPolicy[] {
    return bound(this.#mutatingPolicies, this.#mutatingBindings);
  }

  #follow<T>(resource: string, read: (object: JsonRecord) => T): Followed<T> {
    const prefix = resourcePrefix(admissionGroup, resource);
    const map = new Map<string, T>();
    const { items, revision } = this.#store.list(prefix);
    for (const { key, value } of items) map.set(key, read(JSON.parse(value) as JsonRecord));
    this.#store.watch({
      prefix,
      after: revision,
      onEvents: (events) => {
        for (const { key, kind, value } of events) {
          if (kind === 'delete') map.delete(key);
          else map.set(key, read(JSON.parse(value) as JsonRecord));
        }
        this.#onChange();
      },
      onEnd: (reason) => {
        // A store that closes takes everybody with it; nothing is asked of webhooks after that.
        if (reason === 'compacted') this.#log(`${resource} are no longer followed: the store ended the watch`);
      },
    });
    return map;
  }
}

/** In the order of their names. */
function bound(policies: Followed<Policy>, bindings: Followed<Binding>): readonly BoundPolicy[] {
  const byPolicy = Map.groupBy(inOrder(bindings), ({ policyName }) => policyName);
  return inOrder(policies).flatMap((policy) => {
    const own = byPolicy.get(policy.name);
    return own === undefined ? [] : [{ policy, bindings: own }];
  });
}

function inOrder<T>(map: ReadonlyMap<string, T>): readonly T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, item]) => item);
}
