/**
 * Admission by others: webhooks and policies that may change a request or refuse it. Asks nobody about requests that no
 * configuration is about, and finding that out is one look at a table. Holds nothing of the store while it waits.
 */
import type { Authorizer } from '../access/access.ts';
import type { CallWebhook } from '../http/webhooks.ts';
import { deepEqual, type JsonRecord } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Kinds } from '../kinds/kinds.ts';
import type { Store } from '../store/store.ts';
import type { ApiError } from '../wire/status.ts';
import { type Attributes, isNamespace, namespaceOf, type Operation } from './attributes.ts';
import { matchesSelectors, matchName, type RuleMatch, readNamespace } from './matching.ts';
import { type PlannedBinding, type PlannedPolicy, type PlannedWebhook, Plans } from './plan.ts';
import type { Occasion } from './policies.ts';
import type { Binding, Policy } from './policy.ts';
import { Versions } from './versions.ts';
import type { Webhook } from './webhook.ts';

export interface AdmissionOptions {
  readonly store: Store;
  readonly kinds: Kinds;
  readonly callWebhook: CallWebhook;
  readonly authorizer: Authorizer;
  readonly log: (message: string) => void;
}

export type Warn = (text: string) => void;

/** A webhook, or a policy with one of its bindings. */
interface Mutator {
  readonly reinvokes: boolean;
  /** Undefined: it had nothing to do with the request. */
  readonly run: (attributes: Attributes) => Promise<{ readonly object: JsonRecord | undefined } | undefined>;
}

/** A policy that is to be evaluated, once for each set of parameters. */
interface Due {
  readonly match: RuleMatch;
  /** In the version of the rule. */
  readonly shown: Attributes;
  readonly occasions: readonly Occasion[];
}

/** Others get their turn: an expression may take a while. */
const pause = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #plans: Plans;
  readonly #versions: Versions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#plans = new Plans(options.store, options.kinds, options.log);
    this.#versions = new Versions(options.callWebhook);
  }

  /** Whether somebody may want to change such a request. */
  mutates(kind: Kind, subresource: string, operation: Operation): boolean {
    const { mutating, mutatingPolicies } = this.#plans.find(kind, subresource, operation);
    return mutating.length > 0 || mutatingPolicies.length > 0;
  }

  /** Whether somebody may want to refuse such a request. */
  validates(kind: Kind, subresource: string, operation: Operation): boolean {
    const { validating, policies } = this.#plans.find(kind, subresource, operation);
    return validating.length > 0 || policies.length > 0;
  }

  /**
   * The object as policies and then webhooks want it. Throws the answer of the one that refuses. `prepare` is what comes
   * before them all, and once more after they changed something.
   */
  async mutate(
    attributes: Attributes,
    warn: Warn,
    prepare?: (object: JsonRecord) => void,
  ): Promise<JsonRecord | undefined> {
    const plan = this.#plans.find(attributes.kind, attributes.subresource, attributes.operation);
    const mutators: readonly Mutator[] = [
      ...plan.mutatingPolicies.flatMap((planned) => this.#policyMutators(planned)),
      ...plan.mutating.map((planned): Mutator => {
        const run = (current: Attributes) => this.#mutateByWebhook(planned, current, warn);
        return { reinvokes: planned.webhook.reinvokes, run };
      }),
    ];
    let object = attributes.object;
    const invoked = new Set<Mutator>();
    const again = new Set<Mutator>();
    for (const round of ['all', 'again'] as const) {
      if (round === 'again' && prepare !== undefined && object !== undefined && object !== attributes.object) {
        const prepared = structuredClone(object);
        prepare(prepared);
        if (!deepEqual(prepared, object)) {
          object = prepared;
          for (const earlier of invoked) again.add(earlier);
        }
      }
      for (const mutator of mutators) {
        // A change in the second round has those behind it called again, too.
        if (round === 'again' && !again.has(mutator)) continue;
        const changed = await mutator.run({ ...attributes, object });
        if (changed === undefined) continue;
        if (changed.object !== object && !deepEqual(changed.object, object)) {
          object = changed.object;
          // Those called before a change have not seen it.
          for (const earlier of invoked) again.add(earlier);
          invoked.clear();
        }
        if (mutator.reinvokes) invoked.add(mutator);
      }
    }
    return object;
  }

  async #mutateByWebhook(
    { webhook, matches }: PlannedWebhook,
    attributes: Attributes,
    warn: Warn,
  ): Promise<{ readonly object: JsonRecord | undefined } | undefined> {
    const { kind, object } = attributes;
    const invocation = await this.#invocation(webhook, matches, attributes);
    if (invocation === undefined) return undefined;
    const { match, shown } = invocation;
    const { applyVerdict, askWebhook } = await import('./dispatch.ts');
    const verdict = await askWebhook(this.#options.callWebhook, webhook, shown, match.kind, true, warn);
    if (verdict === undefined) return { object };
    const decode = (value: JsonRecord): JsonRecord => attributes.decode(value, match.kind).object;
    const made = applyVerdict(webhook, verdict, shown.object, decode);
    if (made === undefined || made === shown.object) return { object };
    return { object: await this.#versions.convert(made, match.kind, kind, attributes) };
  }

  #policyMutators(planned: PlannedPolicy): readonly Mutator[] {
    const { policy } = planned;
    return planned.bindings.map((bound): Mutator => {
      const run = async (attributes: Attributes) => {
        const due = await this.#due(planned, bound, attributes, true);
        if (due === undefined || due.occasions.length === 0) return undefined;
        return { object: await this.#mutateByPolicy(policy, bound.binding, due, attributes) };
      };
      return { reinvokes: policy.reinvokes, run };
    });
  }

  async #mutateByPolicy(
    policy: Policy,
    binding: Binding,
    { match, shown, occasions }: Due,
    attributes: Attributes,
  ): Promise<JsonRecord | undefined> {
    const { mutate, mutationError } = await import('./mutations.ts');
    if (shown.object === undefined) return undefined;
    let current = shown.object;
    for (const occasion of occasions) {
      const { object, problem } = mutate(policy, occasion, match.kind, current, attributes.decode);
      if (problem !== undefined && !policy.failsOpen) throw mutationError(attributes, policy, binding, problem);
      current = object;
      await pause();
    }
    if (current === shown.object) return attributes.object;
    return this.#versions.convert(current, match.kind, attributes.kind, attributes);
  }

  /** Policies first, then all webhooks at once; of several refusals the first in their order is the answer. */
  async validate(attributes: Attributes, warn: Warn): Promise<void> {
    const plan = this.#plans.find(attributes.kind, attributes.subresource, attributes.operation);
    await this.#judge(plan.policies, attributes, warn);
    const asked = plan.validating.map(async ({ webhook, matches }) => {
      const invocation = await this.#invocation(webhook, matches, attributes);
      if (invocation === undefined) return;
      const { askWebhook } = await import('./dispatch.ts');
      await askWebhook(this.#options.callWebhook, webhook, invocation.shown, invocation.match.kind, false, warn);
    });
    for (const result of await Promise.allSettled(asked)) if (result.status === 'rejected') throw result.reason;
  }

  /** All are asked, for their warnings; the first denial is thrown. */
  async #judge(policies: readonly PlannedPolicy[], attributes: Attributes, warn: Warn): Promise<void> {
    if (policies.length === 0) return;
    const { judge, denialError } = await import('./policies.ts');
    let refused: ApiError | undefined;
    for (const planned of policies) {
      const { policy } = planned;
      for (const bound of planned.bindings) {
        const { name, actions } = bound.binding;
        for (const occasion of (await this.#due(planned, bound, attributes, false))?.occasions ?? []) {
          for (const denial of judge(policy, occasion)) {
            if (actions.includes('Warn'))
              warn(
                `Validation failed for ValidatingAdmissionPolicy '${policy.name}' with binding '${name}': ${denial.message}`,
              );
            if (actions.includes('Deny')) refused ??= denialError(attributes, policy, bound.binding, denial);
          }
          await pause();
        }
      }
    }
    if (refused !== undefined) throw refused;
  }

  /** Undefined: this request is none of the policy's business. */
  async #due(
    { policy, matches, paramKind }: PlannedPolicy,
    { binding, matches: own }: PlannedBinding,
    attributes: Attributes,
    mutating: boolean,
  ): Promise<Due | undefined> {
    const { store, authorizer } = this.#options;
    const match = matchName(matches, attributes.name);
    if (match === undefined || !matchesSelectors(policy.matching, attributes, store)) return undefined;
    if (own !== undefined && matchName(own, attributes.name) === undefined) return undefined;
    if (binding.matching !== undefined && !matchesSelectors(binding.matching, attributes, store)) return undefined;
    const { valuesOf } = await import('./evaluation.ts');
    const { occasionOf } = await import('./policies.ts');
    const shown = await this.#versions.inVersion(attributes, match.kind);
    const values = valuesOf(shown, match.kind, authorizer.authorize);
    const namespaceName = isNamespace(attributes.kind) ? '' : attributes.namespace;
    const namespace = namespaceName === '' ? undefined : readNamespace(store, namespaceName);
    const params = await this.#params(policy, paramKind, binding, attributes, mutating);
    return { match, shown, occasions: params.map((one) => occasionOf(values, one, namespace)) };
  }

  async #params(
    policy: Policy,
    paramKind: Kind | undefined,
    binding: Binding,
    attributes: Attributes,
    mutating: boolean,
  ): Promise<readonly (JsonRecord | undefined)[]> {
    const { ConfigurationProblem, collectParams } = await import('./params.ts');
    const present = this.#versions.present.bind(this.#versions);
    try {
      const { store } = this.#options;
      return await collectParams(store, present, policy, paramKind, binding, namespaceOf(attributes));
    } catch (error) {
      if (!(error instanceof ConfigurationProblem)) throw error;
      if (policy.failsOpen) return [];
      const message = `failed to configure binding: ${error.message}`;
      const [{ denialError }, { mutationError }] = [await import('./policies.ts'), await import('./mutations.ts')];
      if (mutating) throw mutationError(attributes, policy, binding, message);
      throw denialError(attributes, policy, binding, { message, reason: 'Invalid' });
    }
  }

  /** Undefined: this request is none of the webhook's business. */
  async #invocation(
    webhook: Webhook,
    matches: readonly RuleMatch[],
    attributes: Attributes,
  ): Promise<{ readonly match: RuleMatch; readonly shown: Attributes } | undefined> {
    const { store, authorizer } = this.#options;
    const match = matchName(matches, attributes.name);
    if (match === undefined || !matchesSelectors(webhook.matching, attributes, store)) return undefined;
    const shown = await this.#versions.inVersion(attributes, match.kind);
    const { conditions, failsOpen } = webhook;
    if (conditions.length === 0) return { match, shown };
    const { webhookConditionsHold } = await import('./evaluation.ts');
    return webhookConditionsHold(conditions, failsOpen, shown, match.kind, authorizer.authorize)
      ? { match, shown }
      : undefined;
  }
}
