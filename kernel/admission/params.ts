/** The parameters a binding names (apiserver pkg/admission/plugin/policy/generic/policy_dispatcher.go, CollectParams). */
import { type JsonRecord, recordAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { matchesSelector } from '../kinds/label-selector.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store, StoredObject } from '../store/store.ts';
import { parseStored } from '../verbs/stored.ts';
import type { Binding, Policy } from './policy.ts';

/** A binding that cannot be applied as it is. */
export class ConfigurationProblem extends Error {}

/** Turns an object as it is stored into one of the kind. */
export type Present = (kind: Kind, stored: StoredObject) => Promise<JsonRecord>;

/** One undefined: the policy is to be evaluated without any. */
export async function collectParams(
  store: Store,
  present: Present,
  policy: Policy,
  paramKind: Kind | undefined,
  { paramRef }: Binding,
  namespace: string,
): Promise<readonly (JsonRecord | undefined)[]> {
  if (policy.paramKind === undefined || paramRef === undefined) return [undefined];
  const { apiVersion, kind } = policy.paramKind;
  if (paramKind === undefined) {
    const slash = apiVersion.indexOf('/');
    const shown = `${slash < 0 ? `/${apiVersion}` : apiVersion}, Kind=${kind}`;
    throw new ConfigurationProblem(`paramKind kind \`${shown}\` not known`);
  }
  const place = paramNamespace(paramKind, paramRef.namespace, namespace);
  const prefix = resourcePrefix(paramKind.group, paramKind.resource, place);
  const found: JsonRecord[] = [];
  if (paramRef.name !== '') {
    const stored = store.get(prefix + paramRef.name);
    if (stored !== undefined) found.push(await present(paramKind, stored));
  } else {
    for (const stored of store.list(prefix).items) {
      const labels = recordAt(parseStored(stored.value), 'metadata', 'labels');
      if (matchesSelector(paramRef.selector ?? {}, labels)) found.push(await present(paramKind, stored));
    }
  }
  if (found.length === 0 && paramRef.denies)
    throw new ConfigurationProblem('no params found for policy binding with `Deny` parameterNotFoundAction');
  return found;
}

function paramNamespace(kind: Kind, named: string, requested: string): string {
  if (!kind.namespaced) {
    if (named === '') return '';
    throw new ConfigurationProblem('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  if (named === '' && requested === '')
    throw new ConfigurationProblem(
      'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
    );
  return named || requested;
}
