import type { KubernetesObject } from '../api/meta.ts';

export type Change<T> =
  | { readonly kind: 'add'; readonly object: T }
  | { readonly kind: 'update'; readonly object: T; readonly old: T }
  /** `object` is the last state known. */
  | { readonly kind: 'delete'; readonly object: T };

/** `namespace/name`, or `name` for objects without a namespace. The key of caches and work queues. */
export function keyOf(object: KubernetesObject): string {
  const { namespace, name } = object.metadata;
  return namespace === undefined ? (name ?? '') : `${namespace}/${name ?? ''}`;
}

export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const slash = key.indexOf('/');
  return { namespace: slash === -1 ? '' : key.slice(0, slash), name: key.slice(slash + 1) };
}

export type Index<T> = (object: T) => readonly string[];

/** The copy of a collection, with indexes. Objects in it are shared by everybody in the process: never change one. */
export class ObjectCache<T extends KubernetesObject> {
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<string, { readonly index: Index<T>; readonly entries: Map<string, Set<T>> }>();

  readonly #report: (problem: string) => void;

  constructor(report: (problem: string) => void = () => {}) {
    this.#report = report;
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  addIndex(name: string, index: Index<T>): void {
    if (this.#indexes.has(name)) return;
    const entries = new Map<string, Set<T>>();
    // One odd object must not keep the others out of the copy: it is left out of this index, and that is said.
    const guarded: Index<T> = (object) => {
      try {
        return index(object);
      } catch (error) {
        this.#report(`index "${name}" threw on ${keyOf(object)}: ${error instanceof Error ? error.message : error}`);
        return [];
      }
    };
    this.#indexes.set(name, { index: guarded, entries });
    for (const object of this.#objects.values()) insert(entries, guarded(object), object);
  }

  /** Objects for which the index yields `value`. Throws when there is no such index: an empty answer would hide the mistake. */
  byIndex(name: string, value: string): T[] {
    const found = this.#indexes.get(name);
    if (found === undefined) throw new Error(`there is no index "${name}"; add it with informer.addIndex first`);
    return [...(found.entries.get(value) ?? [])];
  }

  put(object: T): readonly Change<T>[] {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old !== undefined && !isNewer(object, old)) return [];
    if (old !== undefined) this.#unindex(old);
    this.#objects.set(key, object);
    for (const { index, entries } of this.#indexes.values()) insert(entries, index(object), object);
    if (old === undefined) return [{ kind: 'add', object }];
    if (old.metadata.uid === object.metadata.uid) return [{ kind: 'update', object, old }];
    // Deleted and created anew while nobody was looking: a different object under the same name.
    return [
      { kind: 'delete', object: old },
      { kind: 'add', object },
    ];
  }

  remove(object: T): readonly Change<T>[] {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old === undefined) return [];
    this.#objects.delete(key);
    this.#unindex(old);
    return [{ kind: 'delete', object }];
  }

  /** Makes the copy equal to `objects`; what is no longer there is deleted. */
  replace(objects: Iterable<T>): readonly Change<T>[] {
    const changes: Change<T>[] = [];
    const present = new Set<string>();
    for (const object of objects) {
      present.add(keyOf(object));
      changes.push(...this.put(object));
    }
    for (const [key, old] of this.#objects) if (!present.has(key)) changes.push(...this.remove(old));
    return changes;
  }

  #unindex(object: T): void {
    for (const { index, entries } of this.#indexes.values()) {
      for (const value of index(object)) {
        const set = entries.get(value);
        set?.delete(object);
        if (set?.size === 0) entries.delete(value);
      }
    }
  }
}

/** Resource versions of one object are decimal numbers that only grow; where they are not, any other one is news. */
function isNewer(object: KubernetesObject, old: KubernetesObject): boolean {
  const [version, before] = [object.metadata.resourceVersion, old.metadata.resourceVersion];
  if (version === before) return false;
  return object.metadata.uid !== old.metadata.uid || !(Number(version) < Number(before));
}

function insert<T>(entries: Map<string, Set<T>>, values: readonly string[], object: T): void {
  for (const value of values) {
    const set = entries.get(value);
    if (set === undefined) entries.set(value, new Set([object]));
    else set.add(object);
  }
}
