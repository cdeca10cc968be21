/** All expressions of a policy, compiled in the order in which they may use each other. */
import type { Type } from '../cel/index.ts';
import { type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { type CompiledExpression, compileExpression, type Environment, type Result } from './expressions.ts';

export interface PolicyExpression {
  /** As it is written; messages show it. */
  readonly text: string;
  readonly compiled: CompiledExpression;
}

interface PolicyVariable extends PolicyExpression {
  readonly name: string;
}

export interface PolicyValidation extends PolicyExpression {
  readonly message: string;
  readonly messageExpression: PolicyExpression | undefined;
  readonly reason: string;
}

export interface PolicyMutation extends PolicyExpression {
  readonly type: 'ApplyConfiguration' | 'JSONPatch';
}

export interface PolicyExpressions {
  readonly variables: readonly PolicyVariable[];
  readonly validations: readonly PolicyValidation[];
  readonly mutations: readonly PolicyMutation[];
  readonly annotations: readonly (PolicyExpression & { readonly key: string })[];
  /** With the types of the variables. */
  readonly environment: Environment;
}

/** `types`: of the object and the parameters, where mistakes in their fields are to be found. */
export function compilePolicy(
  spec: JsonRecord,
  types: Pick<Environment, 'objectType' | 'paramsType'> = {},
): PolicyExpressions {
  const base: Environment = { ...types, hasParams: spec.paramKind !== undefined, hasAuthorizer: true };
  const composed = new Map<string, Type>();
  const variables = recordsAt(spec, 'variables').map((variable) => {
    const [name, text] = [stringAt(variable, 'name'), stringAt(variable, 'expression')];
    const compiled = compileExpression(text, 'anything', { ...base, composed });
    if ('program' in compiled) composed.set(name, compiled.program.type);
    return { name, text, compiled };
  });
  const environment = variables.length === 0 ? base : { ...base, composed };
  const typed = types.objectType !== undefined;
  const build = (text: string, result: Result, hasAuthorizer = true): PolicyExpression => ({
    text,
    compiled: compileExpression(text, typed ? 'anything' : result, { ...environment, hasAuthorizer }),
  });
  return {
    variables,
    environment,
    validations: recordsAt(spec, 'validations').map((validation) => {
      const messageExpression = stringAt(validation, 'messageExpression');
      return {
        ...build(stringAt(validation, 'expression'), 'bool'),
        message: stringAt(validation, 'message').trim(),
        messageExpression: messageExpression.trim() === '' ? undefined : build(messageExpression, 'string', typed),
        reason: stringAt(validation, 'reason') || 'Invalid',
      };
    }),
    mutations: recordsAt(spec, 'mutations').map((mutation) => compileMutation(mutation, environment)),
    annotations: recordsAt(spec, 'auditAnnotations').map((annotation) => ({
      ...build(stringAt(annotation, 'valueExpression').trim(), 'string-or-null'),
      key: stringAt(annotation, 'key'),
    })),
  };
}

function compileMutation(mutation: JsonRecord, environment: Environment): PolicyMutation {
  const type = mutation.patchType === 'JSONPatch' ? 'JSONPatch' : 'ApplyConfiguration';
  const part = recordAt(mutation, type === 'JSONPatch' ? 'jsonPatch' : 'applyConfiguration');
  const text = stringAt(part, 'expression');
  const result = type === 'JSONPatch' ? 'patches' : 'object';
  return { type, text, compiled: compileExpression(text, result, { ...environment, makesPatches: true }) };
}
