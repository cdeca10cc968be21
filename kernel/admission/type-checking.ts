/**
 * What is wrong with a policy's expressions when the kinds it is about are taken into account: written to its status, as
 * upstream's controller does (apiserver pkg/admission/plugin/policy/validating/typechecking.go). It changes nothing about
 * what the policy does.
 */
import { objectTypeOf } from '../kinds/admission/object-types.ts';
import { compilePolicy, type PolicyExpression } from '../kinds/admission/policy-expressions.ts';
import { arrayAt, type JsonRecord, recordAt, recordsAt } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';

const mostTypes = 10;

/** The kinds a policy names one by one; rules with wildcards name none. */
function kindsToCheck(spec: JsonRecord, kinds: readonly Kind[]): readonly Kind[] {
  const found = new Set<Kind>();
  for (const rule of recordsAt(spec, 'matchConstraints', 'resourceRules')) {
    const texts = (key: string): readonly string[] => arrayAt(rule, key).map(String);
    const [groups, versions] = [texts('apiGroups'), texts('apiVersions')];
    if ([...groups, ...versions].some((text) => text.includes('*'))) continue;
    const resources = texts('resources').filter((text) => !/[*/]/.test(text));
    for (const kind of kinds)
      if (groups.includes(kind.group) && versions.includes(kind.version) && resources.includes(kind.resource))
        found.add(kind);
  }
  const name = (kind: Kind): string => `${kind.group}/${kind.version}/${kind.kind}`;
  return [...found].sort((a, b) => (name(a) < name(b) ? -1 : 1)).slice(0, mostTypes);
}

export function expressionWarnings(spec: JsonRecord, kinds: readonly Kind[]): readonly JsonRecord[] {
  const warnings = new Map<string, string>();
  const { apiVersion, kind: paramName } = recordAt(spec, 'paramKind');
  const params = kinds.find((kind) => kind.kind === paramName && apiVersionOf(kind) === apiVersion);
  const paramsType = params === undefined ? undefined : objectTypeOf(params);
  for (const kind of kindsToCheck(spec, kinds)) {
    const objectType = objectTypeOf(kind);
    if (objectType === undefined) continue;
    const compiled = compilePolicy(spec, { objectType, ...(paramsType === undefined ? {} : { paramsType }) });
    const note = (expression: PolicyExpression | undefined, at: string): void => {
      if (expression === undefined || !('problem' in expression.compiled)) return;
      const problem = expression.compiled.problem.replace(/^compilation failed: /, '');
      const type = `${kind.group === '' ? '' : kind.group}/${kind.version}, Kind=${kind.kind}`;
      const before = warnings.get(at);
      warnings.set(at, `${before === undefined ? '' : `${before}\n`}${type}: ${problem}\n`);
    };
    for (const [index, validation] of compiled.validations.entries()) {
      note(validation, `spec.validations[${index}].expression`);
      note(validation.messageExpression, `spec.validations[${index}].messageExpression`);
    }
  }
  return [...warnings].map(([fieldRef, warning]) => ({ fieldRef, warning }));
}
