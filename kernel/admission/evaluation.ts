/**
 * Expressions about a request (apiserver pkg/admission/plugin/cel, webhook/matchconditions). Loaded with the first
 * webhook or policy that has any.
 */
import type { Identity } from '@diatom/sdk/api';
import type { Attributes as AccessAttributes, AccessDecision } from '../access/access.ts';
import {
  type CompiledExpression,
  compileExpression,
  type Environment,
  namespaceType,
  requestType,
} from '../kinds/admission/expressions.ts';
import {
  type Authority,
  AuthorizerValue,
  CelError,
  CostExceeded,
  checkOf,
  fromJson,
  Lazy,
  type Program,
  type Question,
  types,
  type Value,
} from '../kinds/cel/index.ts';
import { type JsonRecord, recordAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { forbidden } from '../wire/status.ts';
import { type Attributes, namespaceOf } from './attributes.ts';
import { describeRequest } from './review.ts';
import type { Condition } from './webhook.ts';

/** apiserver pkg/apis/cel/config.go */
const callBudget = 1_000_000;
export const policyBudget = 10_000_000;
const conditionBudget = 2_500_000;

export const outOfBudget =
  'validation failed due to running out of cost budget, no further validation rules will be run';

export type Values = Readonly<Record<string, Value | Lazy | undefined>>;

export type Authorize = (identity: Identity, attributes: AccessAttributes) => AccessDecision;

function authorityOf(authorize: Authorize, identity: Identity): Authority {
  return {
    decide: ({ path, verb, ...resource }: Question) => {
      const attributes: AccessAttributes =
        path === undefined ? { kind: 'resource', verb, ...resource } : { kind: 'path', verb, path };
      return authorize(identity, attributes);
    },
    serviceAccount: (namespace, name) =>
      authorityOf(authorize, {
        name: `system:serviceaccount:${namespace}:${name}`,
        groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
      }),
  };
}

/** What expressions can read of a request; `attributes` are in the version of `kind`. */
export function valuesOf(attributes: Attributes, kind: Kind, authorize: Authorize): Values {
  const { identity, subresource, name, operation } = attributes;
  const authority = authorityOf(authorize, identity);
  const requestResource = {
    group: attributes.kind.group,
    resource: attributes.kind.resource,
    subresource,
    namespace: namespaceOf(attributes),
    name: operation === 'CREATE' ? '' : name,
  };
  return {
    object: objectValue(attributes.object),
    oldObject: objectValue(attributes.oldObject),
    request: fromJson(requestType, describeRequest(attributes, kind)),
    authorizer: new AuthorizerValue(authority),
    'authorizer.requestResource': checkOf(authority, requestResource),
    namespaceObject: null,
    params: null,
  };
}

export const objectValue = (object: JsonRecord | undefined): Value =>
  object === undefined ? null : fromJson(types.dyn, object);

/** Only what upstream shows of a namespace. */
export function namespaceValue(namespace: JsonRecord | undefined): Value {
  if (namespace === undefined) return null;
  const { uid, ...metadata } = recordAt(namespace, 'metadata');
  return fromJson(namespaceType, {
    ...namespace,
    metadata: { ...metadata, ...(uid === undefined ? {} : { UID: uid }) },
  });
}

export interface Evaluated {
  readonly value?: Value;
  readonly error?: string;
}

/** The budget is spent: nothing further is run. */
export class OutOfBudget extends Error {
  constructor() {
    super(outOfBudget);
  }
}

/** Of a list of expressions that share it. */
export class Budget {
  #left: number;
  constructor(left: number) {
    this.#left = left;
  }
  get left(): number {
    return this.#left;
  }
  spend(cost: number): void {
    if (cost > this.#left) throw new OutOfBudget();
    this.#left -= cost;
  }
}

export function evaluate(text: string, compiled: CompiledExpression, values: Values, budget: Budget): Evaluated {
  if ('problem' in compiled) return { error: `compilation error: ${compiled.problem}` };
  const { value, failure, cost } = compiled.program.run(values, Math.min(callBudget, budget.left));
  budget.spend(cost);
  if (failure !== undefined) return { error: `expression '${text}' resulted in error: ${failure.message}` };
  return value === undefined ? {} : { value };
}

/** A variable of a policy: evaluated when it is first read, once for each evaluation of the policy. */
export class Composed extends Lazy {
  readonly #name: string;
  readonly #program: Program;
  readonly #values: () => Values;
  #result: { readonly value: Value } | { readonly failure: CelError } | undefined;

  constructor(name: string, program: Program, values: () => Values) {
    super();
    this.#name = name;
    this.#program = program;
    this.#values = values;
  }

  force(limit: number, spend: (cost: number) => void): Value {
    this.#result ??= this.#run(limit, spend);
    if ('failure' in this.#result) throw this.#result.failure;
    return this.#result.value;
  }

  #run(limit: number, spend: (cost: number) => void): { readonly value: Value } | { readonly failure: CelError } {
    const { value, failure, cost } = this.#program.run(this.#values(), limit);
    spend(cost);
    if (failure instanceof CostExceeded) throw failure;
    if (failure === undefined && value !== undefined) return { value };
    return { failure: new CelError(`composited variable "${this.#name}" fails to evaluate: ${failure?.message}`) };
  }
}

// ---- conditions ----------------------------------------------------------------------------------------------------

const compiledConditions = new WeakMap<Condition, CompiledExpression>();

function compileCondition(condition: Condition, environment: Environment): CompiledExpression {
  let compiled = compiledConditions.get(condition);
  if (compiled === undefined) {
    compiled = compileExpression(condition.expression, 'bool', environment);
    compiledConditions.set(condition, compiled);
  }
  return compiled;
}

/** Undefined: whether they hold cannot be said, and `problem` why. One that is false outweighs errors of others. */
export function judgeConditions(
  conditions: readonly Condition[],
  environment: Environment,
  values: Values,
): { readonly hold: boolean } | { readonly problem: string } {
  const budget = new Budget(conditionBudget);
  const errors: string[] = [];
  try {
    for (const condition of conditions) {
      const { value, error } = evaluate(condition.expression, compileCondition(condition, environment), values, budget);
      if (error !== undefined) errors.push(error);
      else if (value === false) return { hold: false };
    }
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return { problem: error.message };
  }
  if (errors.length === 0) return { hold: true };
  return { problem: errors.length === 1 ? (errors[0] ?? '') : `[${errors.join(', ')}]` };
}

const ofWebhooks: Environment = { hasParams: false, hasAuthorizer: true };

/** Throws the 403 where it cannot be said and the webhook fails closed. */
export function webhookConditionsHold(
  conditions: readonly Condition[],
  failsOpen: boolean,
  attributes: Attributes,
  kind: Kind,
  authorize: Authorize,
): boolean {
  const judged = judgeConditions(conditions, ofWebhooks, valuesOf(attributes, kind, authorize));
  if ('hold' in judged) return judged.hold;
  if (failsOpen) return false;
  throw forbidden(attributes.kind, attributes.name, judged.problem);
}
