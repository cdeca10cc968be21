/**
 * Admission by others: webhooks that may change a request or refuse it, policies that may refuse it. Asks nobody about requests that no configuration
 * is about, and finding that out is one look at a table. Holds nothing of the store while it waits.
 */
import type { Authorizer } from '../access/access.ts';
import type { CallWebhook } from '../http/webhooks.ts';
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Kinds } from '../kinds/kinds.ts';
import type { Store, StoredObject } from '../store/store.ts';
import { convert } from '../verbs/conversion.ts';
import { parseStored } from '../verbs/stored.ts';
import { type ApiError, internalError } from '../wire/status.ts';
import { type Attributes, isNamespace, namespaceOf, type Operation } from './attributes.ts';
import { admissionGroup, Configurations } from './configurations.ts';
import {
  type Matching,
  matchBinding,
  matchesSelectors,
  matchName,
  matchRules,
  type RuleMatch,
  readNamespace,
} from './matching.ts';
import type { Present } from './params.ts';
import type { Binding, Policy } from './policy.ts';
import type { Webhook } from './webhook.ts';

export interface AdmissionOptions {
  readonly store: Store;
  readonly kinds: Kinds;
  readonly callWebhook: CallWebhook;
  readonly authorizer: Authorizer;
  readonly log: (message: string) => void;
}

interface Planned<T> {
  readonly hook: T;
  readonly matches: readonly RuleMatch[];
}

/** Who may have a say in requests of one kind, subresource and operation. */
interface Plan {
  readonly mutating: readonly Planned<Webhook>[];
  readonly validating: readonly Planned<Webhook>[];
  readonly policies: readonly PlannedPolicy[];
}

interface PlannedPolicy extends Planned<Policy> {
  readonly paramKind: Kind | undefined;
  readonly bindings: readonly PlannedBinding[];
}

interface PlannedBinding {
  readonly binding: Binding;
  /** Undefined: everything the policy is about. */
  readonly matches: readonly RuleMatch[] | undefined;
}

const nobody: Plan = { mutating: [], validating: [], policies: [] };

/** Questions that are answered and not stored: policies do not see them (kubernetes pkg/kubeapiserver/admission/exclusion). */
const withoutPolicies = new Set(['authentication.k8s.io', 'authorization.k8s.io']);

export type Warn = (text: string) => void;

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #configurations: Configurations;
  readonly #plans = new Map<string, Plan>();
  #generation = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#configurations = new Configurations(options.store, () => this.#plans.clear(), options.log);
  }

  /** Whether somebody may want to change such a request. */
  mutates(kind: Kind, subresource: string, operation: Operation): boolean {
    return this.#plan(kind, subresource, operation).mutating.length > 0;
  }

  /** Whether somebody may want to refuse such a request. */
  validates(kind: Kind, subresource: string, operation: Operation): boolean {
    const { validating, policies } = this.#plan(kind, subresource, operation);
    return validating.length > 0 || policies.length > 0;
  }

  #plan(kind: Kind, subresource: string, operation: Operation): Plan {
    // What governs admission is not governed by it: a webhook that refuses everything must be possible to remove.
    if (this.#configurations.isEmpty || kind.group === admissionGroup) return nobody;
    const { registry } = this.#options.kinds;
    if (registry.generation !== this.#generation) {
      this.#generation = registry.generation;
      this.#plans.clear();
    }
    const key = `${kind.group}/${kind.version}/${kind.resource}/${subresource} ${operation}`;
    let plan = this.#plans.get(key);
    if (plan === undefined) {
      plan = this.#makePlan(kind, subresource, operation);
      this.#plans.set(key, plan);
    }
    return plan;
  }

  #makePlan(kind: Kind, subresource: string, operation: Operation): Plan {
    const equivalents = [kind, ...this.#otherVersions(kind)];
    const planned = <T extends { readonly matching: Matching }>(hooks: readonly T[]): readonly Planned<T>[] =>
      hooks.flatMap((hook) => {
        const matches = matchRules(hook.matching, equivalents, subresource, operation);
        return matches.length === 0 ? [] : [{ hook, matches }];
      });
    return {
      mutating: planned(this.#configurations.mutating),
      validating: planned(this.#configurations.validating),
      policies:
        kind.review !== undefined && withoutPolicies.has(kind.group)
          ? []
          : this.#configurations.policies.flatMap((hook) =>
              this.#planPolicy(hook, equivalents, subresource, operation),
            ),
    };
  }

  #planPolicy(
    { policy, bindings }: { readonly policy: Policy; readonly bindings: readonly Binding[] },
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
    return [{ hook: policy, matches, bindings: bound, paramKind: findParamKind(this.#options.kinds, policy) }];
  }

  #otherVersions({ group, version, resource, nature }: Kind): readonly Kind[] {
    if (nature === 'built-in') return [];
    return this.#options.kinds
      .all()
      .filter((other) => other.group === group && other.resource === resource && other.version !== version);
  }

  /** The object as the webhooks want it. Throws the answer of the one that refuses. */
  async mutate(attributes: Attributes, warn: Warn): Promise<JsonRecord | undefined> {
    const { mutating } = this.#plan(attributes.kind, attributes.subresource, attributes.operation);
    let object = attributes.object;
    const invoked = new Set<Webhook>();
    const again = new Set<Webhook>();
    /** The webhooks called before a change are those that have not seen it. */
    const pass = async (hooks: readonly Planned<Webhook>[]): Promise<void> => {
      for (const planned of hooks) {
        const changed = await this.#mutateBy(planned, { ...attributes, object }, warn);
        if (changed === undefined) continue;
        if (changed.object !== object) {
          object = changed.object;
          for (const hook of invoked) again.add(hook);
          invoked.clear();
        }
        if (planned.hook.reinvokes) invoked.add(planned.hook);
      }
    };
    await pass(mutating);
    if (again.size > 0) {
      const second = mutating.filter(({ hook }) => again.has(hook));
      await pass(second);
    }
    return object;
  }

  /** Undefined: the webhook had nothing to do with it. */
  async #mutateBy(
    { hook, matches }: Planned<Webhook>,
    attributes: Attributes,
    warn: Warn,
  ): Promise<{ readonly object: JsonRecord | undefined } | undefined> {
    const { kind, object } = attributes;
    const invocation = await this.#invocation(hook, matches, attributes);
    if (invocation === undefined) return undefined;
    const { match, shown } = invocation;
    const { applyVerdict, askWebhook } = await import('./dispatch.ts');
    const verdict = await askWebhook(this.#options.callWebhook, hook, shown, match.kind, true, warn);
    if (verdict === undefined) return { object };
    const made = applyVerdict(hook, verdict, shown.object, (value) => {
      if (!isRecord(value)) throw new Error('the patch leaves no object');
      return attributes.decode(value, match.kind);
    });
    if (made === shown.object) return { object };
    return { object: made === undefined ? undefined : await this.#convert(made, match.kind, kind, attributes) };
  }

  /** All at once; of several refusals the first in the webhooks' order is the answer. */
  async validate(attributes: Attributes, warn: Warn): Promise<void> {
    const { validating, policies } = this.#plan(attributes.kind, attributes.subresource, attributes.operation);
    if (policies.length > 0) await this.#judge(policies, attributes, warn);
    const asked = validating.map(async ({ hook, matches }) => {
      const invocation = await this.#invocation(hook, matches, attributes);
      if (invocation === undefined) return;
      const { askWebhook } = await import('./dispatch.ts');
      await askWebhook(this.#options.callWebhook, hook, invocation.shown, invocation.match.kind, false, warn);
    });
    for (const result of await Promise.allSettled(asked)) if (result.status === 'rejected') throw result.reason;
  }

  /** All are asked, for their warnings; the first denial is thrown. */
  async #judge(policies: readonly PlannedPolicy[], attributes: Attributes, warn: Warn): Promise<void> {
    const { store, authorizer } = this.#options;
    const { judge, denialError } = await import('./policies.ts');
    const { valuesOf } = await import('./evaluation.ts');
    let refused: ApiError | undefined;
    const namespaceName = isNamespace(attributes.kind) ? '' : attributes.namespace;
    for (const { hook: policy, matches, bindings, paramKind } of policies) {
      const match = matchName(matches, attributes.name);
      if (match === undefined || !matchesSelectors(policy.matching, attributes, store)) continue;
      const shown = await this.#inVersion(attributes, match.kind);
      const values = valuesOf(shown, match.kind, authorizer.authorize);
      for (const { binding, matches: own } of bindings) {
        if (own !== undefined && matchName(own, attributes.name) === undefined) continue;
        if (binding.matching !== undefined && !matchesSelectors(binding.matching, attributes, store)) continue;
        const namespace = namespaceName === '' ? undefined : readNamespace(store, namespaceName);
        for (const params of await this.#params(policy, paramKind, binding, attributes)) {
          for (const denial of judge(policy, values, params, namespace)) {
            if (binding.actions.includes('Warn'))
              warn(
                `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${binding.name}': ${denial.message}`,
              );
            if (binding.actions.includes('Deny')) refused ??= denialError(attributes, policy, binding, denial);
          }
          // Others get their turn: an expression may take a while.
          await new Promise((resolve) => setImmediate(resolve));
        }
      }
    }
    if (refused !== undefined) throw refused;
  }

  async #params(
    policy: Policy,
    paramKind: Kind | undefined,
    binding: Binding,
    attributes: Attributes,
  ): Promise<readonly (JsonRecord | undefined)[]> {
    const { store } = this.#options;
    const { ConfigurationProblem, collectParams } = await import('./params.ts');
    const present: Present = (kind, stored) => this.#present(kind, stored);
    try {
      return await collectParams(store, present, policy, paramKind, binding, namespaceOf(attributes));
    } catch (error) {
      if (!(error instanceof ConfigurationProblem)) throw error;
      if (policy.failsOpen) return [];
      const { denialError } = await import('./policies.ts');
      const message = `failed to configure binding: ${error.message}`;
      throw denialError(attributes, policy, binding, { message, reason: 'Invalid' });
    }
  }

  /** A stored object as its kind's version wants it. */
  async #present(kind: Kind, stored: StoredObject): Promise<JsonRecord> {
    const object = parseStored(stored.value);
    const { custom } = kind;
    const apiVersion = apiVersionOf(kind);
    if (custom === undefined || object.apiVersion === apiVersion) return { ...object, apiVersion };
    if (custom.conversion === undefined) return custom.renew({ ...object, apiVersion });
    const [converted] = await convert(this.#options.callWebhook, custom.conversion, [object], apiVersion);
    return converted ?? object;
  }

  /** Undefined: this request is none of the webhook's business. */
  async #invocation(
    hook: Webhook,
    matches: readonly RuleMatch[],
    attributes: Attributes,
  ): Promise<{ readonly match: RuleMatch; readonly shown: Attributes } | undefined> {
    const { store, authorizer } = this.#options;
    const match = matchName(matches, attributes.name);
    if (match === undefined || !matchesSelectors(hook.matching, attributes, store)) return undefined;
    const shown = await this.#inVersion(attributes, match.kind);
    const { conditions, failsOpen } = hook;
    if (conditions.length === 0) return { match, shown };
    const { webhookConditionsHold } = await import('./evaluation.ts');
    return webhookConditionsHold(conditions, failsOpen, shown, match.kind, authorizer.authorize)
      ? { match, shown }
      : undefined;
  }

  async #inVersion(attributes: Attributes, kind: Kind): Promise<Attributes> {
    if (kind.version === attributes.kind.version) return attributes;
    const turned = async (object: JsonRecord | undefined): Promise<JsonRecord | undefined> =>
      object === undefined ? undefined : this.#convert(object, attributes.kind, kind, attributes);
    return {
      ...attributes,
      object: await turned(attributes.object),
      oldObject: await turned(attributes.oldObject),
    };
  }

  async #convert(object: JsonRecord, from: Kind, to: Kind, { type }: Attributes): Promise<JsonRecord> {
    // A Scale or the like is the same for all versions of what it belongs to.
    if (from.version === to.version || type.group !== from.group || type.kind !== from.kind) return object;
    const apiVersion = apiVersionOf(to);
    const conversion = from.custom?.conversion;
    if (conversion === undefined) return { ...object, apiVersion };
    const [converted] = await convert(this.#options.callWebhook, conversion, [object], apiVersion);
    if (converted === undefined) throw internalError(`nothing came back from the conversion to ${apiVersion}`);
    return converted;
  }
}

function findParamKind(kinds: Kinds, { paramKind }: Policy): Kind | undefined {
  if (paramKind === undefined) return undefined;
  const matches = (kind: Kind): boolean =>
    kind.kind === paramKind.kind && apiVersionOf(kind) === paramKind.apiVersion && kind.review === undefined;
  return kinds.registry.all().find(matches) ?? kinds.all().find(matches);
}
