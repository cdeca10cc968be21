/** The kinds a cell serves right now: built-in rows, and what its CustomResourceDefinitions say. */
import type { Store } from '../store/store.ts';
import { builtInDefinitions } from './built-in-definitions.ts';
import { CustomKinds } from './custom/custom-kinds.ts';
import type { Kind } from './kind.ts';
import { type KindDefinition, KindRegistry } from './registry.ts';

export class Kinds {
  readonly registry = new KindRegistry();
  readonly #custom: CustomKinds;

  constructor(store: Store) {
    for (const definition of builtInDefinitions()) this.registry.register(definition);
    this.#custom = new CustomKinds(store, this.registry);
  }

  register(definition: KindDefinition): Kind {
    return this.registry.register(definition);
  }

  find(group: string, version: string, resource: string): Kind | undefined {
    const found = this.registry.find(group, version, resource);
    if (found?.nature === 'built-in') return found;
    this.#custom.refresh(group, resource);
    return this.registry.find(group, version, resource);
  }

  all(): readonly Kind[] {
    this.#custom.refreshAll();
    return this.registry.all();
  }
}
