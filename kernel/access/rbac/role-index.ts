/**
 * The roles and bindings of the cell, indexed by subject and kept current by watches. A commit is delivered here before
 * it is answered, so a granted right holds from the answer on, and a revoked one is gone with it.
 */
import type { Identity } from '@diatom/sdk/api';
import { resourcePrefix } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import { type Binding, type Role, type RoleReference, readBinding, readRole, selects } from './objects.ts';
import type { PolicyRule } from './rule.ts';

const group = 'rbac.authorization.k8s.io';

export interface Grant {
  readonly binding: Binding;
  readonly subject: string;
  readonly rules: readonly PolicyRule[];
}

/** Grants, and what stood in the way of further ones. */
export interface Grants {
  readonly grants: readonly Grant[];
  readonly problems: readonly string[];
}

export class RoleIndex {
  /** By store key, which is unique over both kinds. */
  readonly #roles = new Map<string, Role>();
  readonly #clusterRoles = new Map<string, Role>();
  readonly #bindings = new Map<string, Binding>();
  readonly #bySubject = new Map<string, Map<string, Binding>>();
  readonly #watches: { cancel(): void }[] = [];

  constructor(store: Store, onEnd: () => void) {
    this.#follow(store, 'roles', onEnd, (key, value) => replace(this.#roles, key, value, readRole));
    this.#follow(store, 'clusterroles', onEnd, (key, value) => replace(this.#clusterRoles, key, value, readRole));
    this.#follow(store, 'rolebindings', onEnd, (key, value) => this.#bind(key, value));
    this.#follow(store, 'clusterrolebindings', onEnd, (key, value) => this.#bind(key, value));
  }

  close(): void {
    for (const watch of this.#watches) watch.cancel();
  }

  /** What the identity holds in a namespace (empty: at the cluster scope). */
  grants(identity: Identity, namespace: string): Grants {
    const grants: Grant[] = [];
    const problems: string[] = [];
    for (const subject of [`u:${identity.name}`, ...identity.groups.map((name) => `g:${name}`)]) {
      for (const binding of this.#bySubject.get(subject)?.values() ?? []) {
        if (binding.namespace !== '' && binding.namespace !== namespace) continue;
        const rules = this.rules(binding.role, binding.namespace);
        if (rules !== undefined) grants.push({ binding, subject, rules });
        else
          problems.push(`${binding.role.kind.toLowerCase()}.${group} ${JSON.stringify(binding.role.name)} not found`);
      }
    }
    return { grants, problems };
  }

  /** The rules a reference stands for, aggregation included; undefined when there is no such role. */
  rules(reference: RoleReference, namespace: string): readonly PolicyRule[] | undefined {
    if (reference.kind === 'Role') {
      return this.#roles.get(`${resourcePrefix(group, 'roles', namespace)}${reference.name}`)?.rules;
    }
    const role = this.#clusterRoles.get(`${resourcePrefix(group, 'clusterroles')}${reference.name}`);
    if (role === undefined || role.aggregates.length === 0) return role?.rules;
    return this.#aggregated(role, new Set());
  }

  #aggregated(role: Role, seen: Set<Role>): readonly PolicyRule[] {
    seen.add(role);
    const parts = [...this.#clusterRoles.values()].filter(
      (other) => !seen.has(other) && role.aggregates.some((selector) => selects(selector, other.labels)),
    );
    // The stored rules of an aggregated role are only what it gathered when somebody last looked.
    return parts.flatMap((part) => (part.aggregates.length === 0 ? part.rules : this.#aggregated(part, seen)));
  }

  #follow(store: Store, resource: string, onEnd: () => void, take: (key: string, value: unknown) => void): void {
    const prefix = resourcePrefix(group, resource);
    const { items, revision } = store.list(prefix);
    for (const { key, value } of items) take(key, JSON.parse(value));
    const watch = store.watch({
      prefix,
      after: revision,
      onEvents: (events) => {
        for (const event of events) take(event.key, event.kind === 'delete' ? undefined : JSON.parse(event.value));
      },
      onEnd,
    });
    this.#watches.push(watch);
  }

  #bind(key: string, value: unknown): void {
    for (const subject of this.#bindings.get(key)?.subjects ?? []) {
      const bindings = this.#bySubject.get(subject);
      bindings?.delete(key);
      if (bindings?.size === 0) this.#bySubject.delete(subject);
    }
    replace(this.#bindings, key, value, readBinding);
    const binding = this.#bindings.get(key);
    for (const subject of binding?.subjects ?? []) {
      const bindings = this.#bySubject.get(subject) ?? new Map<string, Binding>();
      if (binding !== undefined) this.#bySubject.set(subject, bindings.set(key, binding));
    }
  }
}

function replace<T>(map: Map<string, T>, key: string, value: unknown, read: (object: unknown) => T): void {
  if (value === undefined) map.delete(key);
  else map.set(key, read(value));
}
