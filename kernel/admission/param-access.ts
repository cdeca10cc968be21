/**
 * What expressions read of parameters could be told to anybody by their messages: who writes a policy or a binding has to
 * be allowed to read them (kubernetes registry/admissionregistration, authz.go).
 */
import type { Identity } from '@diatom/sdk/api';
import type { Authorizer } from '../access/access.ts';
import { forbiddenField } from '../kinds/field-errors.ts';
import { deepEqual, isRecord, type JsonRecord, parseJson, recordAt, stringAt } from '../kinds/json.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import type { Kinds } from '../kinds/kinds.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { FieldError } from '../wire/status.ts';
import { admissionGroup } from './configurations.ts';

export interface ParamWrite {
  readonly kind: Kind;
  readonly identity: Identity;
  readonly object: JsonRecord;
  readonly previous: JsonRecord | undefined;
}

export interface ParamSources {
  readonly store: Store;
  readonly kinds: Kinds;
  readonly authorizer: Authorizer;
}

const policyOf: Readonly<Record<string, string>> = {
  validatingadmissionpolicybindings: 'validatingadmissionpolicies',
  mutatingadmissionpolicybindings: 'mutatingadmissionpolicies',
};

const policies: ReadonlySet<string> = new Set(Object.values(policyOf));

export function paramAccessErrors(sources: ParamSources, write: ParamWrite): readonly FieldError[] {
  const { kind, identity } = write;
  if (kind.group !== admissionGroup || identity.groups.includes('system:masters')) return [];
  if (policies.has(kind.resource)) return policyErrors(sources, write);
  const governing = policyOf[kind.resource];
  return governing === undefined ? [] : bindingErrors(sources, write, governing);
}

/** The right over a kind; over everything, where there is no such kind. */
function readable(
  { kinds, authorizer }: ParamSources,
  identity: Identity,
  paramKind: JsonRecord,
  more: Asked,
): boolean {
  const { apiVersion, kind } = paramKind;
  const slash = stringAt(paramKind, 'apiVersion').indexOf('/');
  const isParam = (one: Kind): boolean => one.kind === kind && apiVersionOf(one) === apiVersion;
  const found = kinds.registry.all().find(isParam) ?? kinds.all().find(isParam);
  const group = apiVersion === undefined ? '*' : slash < 0 ? '' : stringAt(paramKind, 'apiVersion').slice(0, slash);
  const attributes = { kind: 'resource', group, resource: found?.resource ?? '*', ...more } as const;
  return authorizer.authorize(identity, attributes).allowed;
}

interface Asked {
  readonly verb: 'get' | 'list';
  readonly namespace: string;
  readonly name: string;
}

function policyErrors(sources: ParamSources, { identity, object, previous }: ParamWrite): readonly FieldError[] {
  const { paramKind } = recordAt(object, 'spec');
  if (!isRecord(paramKind) || deepEqual(paramKind, recordAt(previous, 'spec').paramKind)) return [];
  if (readable(sources, identity, paramKind, { verb: 'get', namespace: '*', name: '*' })) return [];
  const what = `(kind=${stringAt(paramKind, 'kind')}, apiVersion=${stringAt(paramKind, 'apiVersion')})`;
  const why = `user ${identity.name} must have "get" permission on all objects of the referenced paramKind ${what}`;
  return [forbiddenField('spec.paramKind', why)];
}

function bindingErrors(
  sources: ParamSources,
  { identity, object, previous }: ParamWrite,
  resource: string,
): readonly FieldError[] {
  const [spec, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
  const { paramRef, policyName } = spec;
  if (!isRecord(paramRef) || (deepEqual(paramRef, before.paramRef) && policyName === before.policyName)) return [];
  const stored = sources.store.get(`${resourcePrefix(admissionGroup, resource)}${String(policyName)}`);
  const policy = stored === undefined ? {} : parseJson(stored.value);
  const name = stringAt(paramRef, 'name');
  const verb = name === '' ? 'list' : 'get';
  const asked = { verb, namespace: stringAt(paramRef, 'namespace'), name } as const;
  if (readable(sources, identity, recordAt(policy, 'spec', 'paramKind'), asked)) return [];
  const why =
    stored === undefined
      ? `unable to get policy ${String(policyName)} to determine minimum required permissions and user ${identity.name} does not have "${verb}" permission for all groups, versions and resources`
      : `user ${identity.name} does not have "${verb}" permission on the object referenced by paramRef`;
  return [forbiddenField('spec.paramRef', why)];
}
