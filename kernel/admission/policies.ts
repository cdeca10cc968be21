/**
 * Judging requests by policies (apiserver pkg/admission/plugin/policy/validating). Loaded with the first policy that is
 * about a request.
 */
import { compilePolicy, type PolicyExpressions, type PolicyValidation } from '../kinds/admission/policy-expressions.ts';
import type { Lazy, Value } from '../kinds/cel/index.ts';
import type { JsonRecord } from '../kinds/json.ts';
import { ApiError } from '../wire/status.ts';
import type { Attributes } from './attributes.ts';
import {
  Budget,
  Composed,
  evaluate,
  judgeConditions,
  namespaceValue,
  OutOfBudget,
  objectValue,
  policyBudget,
  type Values,
} from './evaluation.ts';
import type { Binding, Policy } from './policy.ts';

/** apiserver pkg/apis/cel/config.go */
const longestMessageBytes = 5 * 1024;

const compiledPolicies = new WeakMap<Policy, PolicyExpressions>();

export function expressionsOf(policy: Policy): PolicyExpressions {
  let compiled = compiledPolicies.get(policy);
  if (compiled === undefined) {
    compiled = compilePolicy(policy.spec);
    compiledPolicies.set(policy, compiled);
  }
  return compiled;
}

/** Why a policy does not let a request through. */
export interface Denial {
  readonly message: string;
  readonly reason: string;
}

/** What is wrong with the request by this policy, with one set of parameters. */
export function judge(policy: Policy, { values }: Occasion): readonly Denial[] {
  const compiled = expressionsOf(policy);
  const all = withVariables(compiled, values);
  const onError = (message: string): readonly Denial[] => (policy.failsOpen ? [] : [{ message, reason: 'Invalid' }]);
  const judged = conditionsProblem(policy, all);
  if (judged.problem !== undefined) return onError(judged.problem);
  if (!judged.hold) return [];
  try {
    const budget = new Budget(policyBudget);
    return [
      ...compiled.validations.flatMap((validation) => validate(validation, all, budget, onError)),
      ...judgeAnnotations(compiled, all, onError),
    ];
  } catch (error) {
    if (!(error instanceof OutOfBudget)) throw error;
    return onError(error.message);
  }
}

/** What a policy is evaluated with: everything but its own variables. */
export interface Occasion {
  readonly values: Values;
}

export function occasionOf(
  values: Values,
  params: JsonRecord | undefined,
  namespace: JsonRecord | undefined,
): Occasion {
  return { values: { ...values, params: objectValue(params), namespaceObject: namespaceValue(namespace) } };
}

/** Whether the policy's conditions hold, or why that cannot be said. */
export function conditionsProblem(
  policy: Policy,
  values: Values,
): { readonly hold: boolean; readonly problem?: string } {
  const { environment } = expressionsOf(policy);
  const judged = judgeConditions(policy.conditions, { ...environment, composed: new Map() }, values);
  return 'problem' in judged ? { hold: false, problem: judged.problem } : judged;
}

export function withVariables(compiled: PolicyExpressions, base: Values): Values {
  const values: Record<string, Value | Lazy | undefined> = { ...base };
  for (const { name, compiled: own } of compiled.variables)
    if ('program' in own) values[`variables.${name}`] = new Composed(name, own.program, () => values);
  return values;
}

function validate(
  validation: PolicyValidation,
  values: Values,
  budget: Budget,
  onError: (message: string) => readonly Denial[],
): readonly Denial[] {
  const { value, error } = evaluate(validation.text, validation.compiled, values, budget);
  if (error !== undefined) return onError(error);
  if (value === true) return [];
  const message = evaluatedMessage(validation, values, budget) || validation.message;
  return [{ message: message || `failed expression: ${validation.text.trim()}`, reason: validation.reason }];
}

/** Empty when the expression gives none that can be shown: then the fixed message stands. */
function evaluatedMessage({ messageExpression }: PolicyValidation, values: Values, budget: Budget): string {
  if (messageExpression === undefined) return '';
  const { value } = evaluate(messageExpression.text, messageExpression.compiled, values, budget);
  const text = typeof value === 'string' ? value.trim() : '';
  return text.includes('\n') || Buffer.byteLength(text) > longestMessageBytes ? '' : text;
}

/** There is no audit log they could go to; what upstream refuses for them is refused here, too. */
function judgeAnnotations(
  { annotations }: PolicyExpressions,
  values: Values,
  onError: (message: string) => readonly Denial[],
): readonly Denial[] {
  const budget = new Budget(policyBudget);
  return annotations.flatMap(({ text, compiled }) => {
    const { error } = evaluate(text, compiled, values, budget);
    return error === undefined ? [] : onError(error);
  });
}

const codes: Readonly<Record<string, number>> = { Forbidden: 403, Unauthorized: 401, RequestEntityTooLarge: 413 };

export function denialError(
  { kind, name }: Attributes,
  policy: Policy,
  binding: Binding | undefined,
  denial: Denial,
): ApiError {
  const by = binding === undefined ? '' : ` with binding '${binding.name}'`;
  const message = `ValidatingAdmissionPolicy '${policy.name}'${by} denied request: ${denial.message}`;
  const resource = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  const what = name === '' ? resource : `${resource} ${JSON.stringify(name)}`;
  return new ApiError(codes[denial.reason] ?? 422, denial.reason, `${what} is forbidden: ${message}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.resource,
    causes: [{ message }],
  });
}
