/** Kinds made from the CustomResourceDefinitions in the store; each is compiled again when its revision changes. */
import { resourcePrefix } from '../../store/keys.ts';
import type { Store, StoredObject } from '../../store/store.ts';
import type { JsonRecord } from '../json.ts';
import type { Kind } from '../kind.ts';
import type { KindRegistry } from '../registry.ts';
import { definitionsOf } from './definitions.ts';

const crdPrefix = resourcePrefix('apiextensions.k8s.io', 'customresourcedefinitions');

interface Compiled {
  readonly revision: number;
  readonly kinds: readonly Kind[];
}

export class CustomKinds {
  readonly #store: Store;
  readonly #registry: KindRegistry;
  readonly #compiled = new Map<string, Compiled>();
  #listedAt = -1;

  constructor(store: Store, registry: KindRegistry) {
    this.#store = store;
    this.#registry = registry;
  }

  /** Brings one resource's kinds up to date. Every custom group has a dot in it. */
  refresh(group: string, resource: string): void {
    if (!group.includes('.')) return;
    const name = `${resource}.${group}`;
    this.#update(name, this.#store.get(crdPrefix + name));
  }

  refreshAll(): void {
    if (this.#listedAt === this.#store.revision) return;
    const { items, revision } = this.#store.list(crdPrefix);
    const names = new Set<string>();
    for (const item of items) {
      const name = item.key.slice(crdPrefix.length);
      names.add(name);
      this.#update(name, item);
    }
    for (const name of [...this.#compiled.keys()]) if (!names.has(name)) this.#update(name, undefined);
    this.#listedAt = revision;
  }

  #update(name: string, stored: StoredObject | undefined): void {
    const current = this.#compiled.get(name);
    if (current?.revision === stored?.modRevision) return;
    for (const kind of current?.kinds ?? []) this.#registry.unregister(kind);
    if (stored === undefined) {
      this.#compiled.delete(name);
      return;
    }
    const definitions = definitionsOf(JSON.parse(stored.value) as JsonRecord).filter(
      // A definition cannot take the place of a kind the cell has from the start.
      ({ group, version, resource }) => this.#registry.find(group, version, resource)?.nature !== 'built-in',
    );
    const kinds = definitions.map((definition) => this.#registry.register(definition));
    this.#compiled.set(name, { revision: stored.modRevision, kinds });
  }
}
