/**
 * The expressions of webhooks and policies: their variables and types (apiserver pkg/admission/plugin/cel/compile.go).
 * The object itself is dynamic; what surrounds it has types.
 */
import {
  authorizerType,
  compile,
  type ObjectField,
  type Program,
  resourceCheckType,
  type StructTypes,
  type Type,
  types,
} from '../cel/index.ts';

const { bool, dyn, int, string, timestamp, listOf, mapOf } = types;

const objectType = (name: string, fields: Readonly<Record<string, Type>>): Type => ({
  kind: 'object',
  name: `kubernetes.${name}`,
  fields: new Map(
    Object.entries(fields).map(([property, type]): [string, ObjectField] => [property, { type, property }]),
  ),
});

const groupVersion = { group: string, version: string };
const groupVersionKind = objectType('GroupVersionKind', { ...groupVersion, kind: string });
const groupVersionResource = objectType('GroupVersionResource', { ...groupVersion, resource: string });

export const requestType = objectType('AdmissionRequest', {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: string,
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo: objectType('UserInfo', {
    username: string,
    uid: string,
    groups: listOf(string),
    extra: mapOf(string, listOf(string)),
  }),
  dryRun: bool,
  options: dyn,
});

export const namespaceType = objectType('Namespace', {
  metadata: objectType('NamespaceMetadata', {
    name: string,
    generateName: string,
    namespace: string,
    labels: mapOf(string, string),
    annotations: mapOf(string, string),
    UID: string,
    creationTimestamp: timestamp,
    deletionGracePeriodSeconds: int,
    deletionTimestamp: timestamp,
    generation: int,
    resourceVersion: string,
    finalizers: listOf(string),
  }),
  spec: objectType('NamespaceSpec', { finalizers: listOf(string) }),
  status: objectType('NamespaceStatus', { phase: string }),
});

export interface Environment {
  readonly hasParams: boolean;
  readonly hasAuthorizer: boolean;
  /** Expressions that make patches know the types for them. */
  readonly makesPatches?: boolean;
  /** Types of a policy's variables, by name. */
  readonly composed?: ReadonlyMap<string, Type>;
  /** Where it is known what kind the object and the parameters are, to find mistakes. */
  readonly objectType?: Type;
  readonly paramsType?: Type;
}

function variablesOf(environment: Environment): ReadonlyMap<string, Type> {
  const { hasParams, hasAuthorizer, composed, objectType: object = dyn, paramsType = dyn } = environment;
  const variables = new Map<string, Type>([
    ['object', object],
    ['oldObject', object],
    ['request', requestType],
    ['namespaceObject', namespaceType],
  ]);
  if (hasParams) variables.set('params', paramsType);
  if (hasAuthorizer) {
    variables.set('authorizer', authorizerType);
    variables.set('authorizer.requestResource', resourceCheckType);
  }
  if (composed === undefined) return variables;
  variables.set('variables', objectType('variables', Object.fromEntries(composed)));
  for (const [name, type] of composed) variables.set(`variables.${name}`, type);
  return variables;
}

export type CompiledExpression = { readonly program: Program } | { readonly problem: string };

/** What an expression may give; `anything` for variables. */
export type Result = 'bool' | 'string' | 'string-or-null' | 'object' | 'patches' | 'anything';

const acceptable: Readonly<Record<Exclude<Result, 'anything'>, readonly string[]>> = {
  bool: ['bool'],
  string: ['string'],
  'string-or-null': ['string', 'null'],
  object: ['Object'],
  // An empty list has elements of any type.
  patches: ['list(JSONPatch)', 'list(dyn)'],
};

const jsonPatchFields = new Map<string, ObjectField>(
  Object.entries({ op: string, path: string, from: string, value: dyn }).map(([property, type]) => [
    property,
    { type, property },
  ]),
);

/** `JSONPatch{…}`, and `Object.spec{…}` for any path: apiserver pkg/cel/mutation. */
const patchTypes: StructTypes = (name) => {
  if (name === 'JSONPatch') return { fields: jsonPatchFields };
  return name === 'Object' || name.startsWith('Object.') ? {} : undefined;
};

export function compileExpression(text: string, result: Result, environment: Environment): CompiledExpression {
  const compiled = compile(text, variablesOf(environment), environment.makesPatches === true ? patchTypes : undefined);
  if ('issues' in compiled) return { problem: `compilation failed: ${compiled.issues}` };
  if (result === 'anything') return compiled;
  const accepted = acceptable[result];
  const { type } = compiled.program;
  if (accepted.includes(types.printType(type)) || accepted.includes(type.kind)) return compiled;
  const wanted = result === 'string-or-null' ? 'one of [string null_type]' : accepted[0];
  return { problem: `must evaluate to ${wanted} but got ${types.printType(type)}` };
}

/** What is wrong with a condition of a webhook or, with parameters, of a policy. */
export function conditionProblem(text: string, hasParams = false): string | undefined {
  const compiled = compileExpression(text, 'bool', { hasParams, hasAuthorizer: true });
  return 'problem' in compiled ? compiled.problem : undefined;
}
