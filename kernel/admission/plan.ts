/** Who may have a say in which requests: worked out once for each kind, subresource and operation. */
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Kinds } from '../kinds/kinds.ts';
import type { Store } from '../store/store.ts';
import type { Operation } from './attributes.ts';
import { admissionGroup, type BoundPolicy, Configurations } from './configurations.ts';
import { matchBinding, matchRules, type RuleMatch } from './matching.ts';
import type { Binding, Policy } from './policy.ts';
import type { Webhook } from './webhook.ts';

export interface PlannedWebhook {
  readonly webhook: Webhook;
  readonly matches: readonly RuleMatch[];
}

export interface PlannedPolicy {
  readonly policy: Policy;
  readonly matches: readonly RuleMatch[];
  readonly paramKind: Kind | undefined;
  readonly bindings: readonly PlannedBinding[];
}

export interface PlannedBinding {
  readonly binding: Binding;
  /** Undefined: everything the policy is about. */
  readonly matches: readonly RuleMatch[] | undefined;
}

export interface Plan {
  readonly mutatingPolicies: readonly PlannedPolicy[];
  readonly mutating: readonly PlannedWebhook[];
  readonly policies: readonly PlannedPolicy[];
  readonly validating: readonly PlannedWebhook[];
}

const nobody: Plan = { mutatingPolicies: [], mutating: [], policies: [], validating: [] };

/** Questions that are answered and not stored: policies do not see them (kubernetes pkg/kubeapiserver/admission/exclusion). */
const withoutPolicies = new Set(['authentication.k8s.io', 'authorization.k8s.io']);
const isQuestion = ({ review, group }: Kind): boolean => review !== undefined && withoutPolicies.has(group);

/** Policies and their bindings, but not webhook configurations: policies may say what these look like. */
const policyResource = /admissionpolic/;

const isViewOf = ({ view }: Kind, { group, version, resource }: Kind): boolean =>
  view?.of.group === group && view.of.version === version && view.of.resource === resource;

export class Plans {
  readonly #kinds: Kinds;
  readonly #configurations: Configurations;
  readonly #plans = new Map<string, Plan>();
  #generation = 0;

  constructor(store: Store, kinds: Kinds, log: (message: string) => void) {
    this.#kinds = kinds;
    this.#configurations = new Configurations(store, () => this.#plans.clear(), log);
  }

  find(kind: Kind, subresource: string, operation: Operation): Plan {
    if (this.#configurations.isEmpty) return nobody;
    const { generation } = this.#kinds.registry;
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#plans.clear();
    }
    const key = `${kind.group}/${kind.version}/${kind.resource}/${subresource} ${operation}`;
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      plan = this.#make(kind, subresource, operation);
      this.#plans.set(key, plan);
    }
    return plan;
  }

  #make(kind: Kind, subresource: string, operation: Operation): Plan {
    const equivalents = [kind, ...this.#otherVersions(kind)];
    const webhooks = (all: readonly Webhook[]): readonly PlannedWebhook[] =>
      (governs ? [] : all).flatMap((webhook) => {
        const matches = matchRules(webhook.matching, equivalents, subresource, operation);
        return matches.length === 0 ? [] : [{ webhook, matches }];
      });
    // What governs admission is not governed by it: a webhook that refuses everything must be possible to remove.
    const governs = kind.group === admissionGroup;
    const isExempt = governs ? policyResource.test(kind.resource) : isQuestion(kind);
    const policies = (all: readonly BoundPolicy[]): readonly PlannedPolicy[] =>
      isExempt ? [] : all.flatMap((one) => this.#makePolicy(one, equivalents, subresource, operation));
    return {
      mutatingPolicies: policies(this.#configurations.mutatingPolicies),
      mutating: webhooks(this.#configurations.mutating),
      policies: policies(this.#configurations.policies),
      validating: webhooks(this.#configurations.validating),
    };
  }

  #makePolicy(
    { policy, bindings }: BoundPolicy,
    equivalents: readonly Kind[],
    subresource: string,
    operation: Operation,
  ): readonly PlannedPolicy[] {
    const matches = matchRules(policy.matching, equivalents, subresource, operation);
    if (matches.length === 0) return [];
    const bound = bindings.flatMap((binding): readonly PlannedBinding[] => {
      const { matching } = binding;
      if (matching === undefined) return [{ binding, matches: undefined }];
      const own = matchBinding(matching, equivalents, subresource, operation);
      return own.length === 0 ? [] : [{ binding, matches: own }];
    });
    if (bound.length === 0) return [];
    return [{ policy, matches, bindings: bound, paramKind: this.#findParamKind(policy) }];
  }

  #otherVersions(kind: Kind): readonly Kind[] {
    const { group, version, resource, nature } = kind;
    const all = nature === 'built-in' ? this.#kinds.registry.all() : this.#kinds.all();
    return all.filter((other) =>
      other.group === group
        ? other.resource === resource && other.version !== version
        : isViewOf(other, kind) || isViewOf(kind, other),
    );
  }

  #findParamKind({ paramKind }: Policy): Kind | undefined {
    if (paramKind === undefined) return undefined;
    const matches = (kind: Kind): boolean =>
      kind.kind === paramKind.kind && apiVersionOf(kind) === paramKind.apiVersion && kind.review === undefined;
    return this.#kinds.registry.all().find(matches) ?? this.#kinds.all().find(matches);
  }
}
