/** Kinds made from the CustomResourceDefinitions in the store; each is compiled again when its revision changes. */
import { resourcePrefix } from '../../store/keys.ts';
import type { Store, StoredObject } from '../../store/store.ts';
import { type JsonRecord, recordAt, recordsAt } from '../json.ts';
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
  /** By definition and version: the schema as text, and the revision it came with. */
  readonly #schemas = new Map<string, { readonly text: string; readonly since: number }>();
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
      for (const key of this.#schemas.keys()) if (key.startsWith(`${name}/`)) this.#schemas.delete(key);
      return;
    }
    const definition = JSON.parse(stored.value) as JsonRecord;
    const definitions = definitionsOf(definition, this.#since(name, definition, stored.modRevision)).filter(
      // A definition cannot take the place of a kind the cell has from the start.
      ({ group, version, resource }) => this.#registry.find(group, version, resource)?.nature !== 'built-in',
    );
    const kinds = definitions.map((definition) => this.#registry.register(definition));
    this.#compiled.set(name, { revision: stored.modRevision, kinds });
  }

  /** A definition is written for other reasons, too: objects are only looked at again when their schema has changed. */
  #since(name: string, definition: JsonRecord, revision: number): (version: string) => number {
    return (version) => {
      const key = `${name}/${version}`;
      const source = recordsAt(definition, 'spec', 'versions').find((item) => item.name === version);
      const text = JSON.stringify(recordAt(source, 'schema'));
      const known = this.#schemas.get(key);
      if (known?.text === text) return known.since;
      this.#schemas.set(key, { text, since: revision });
      return revision;
    };
  }
}
