/** The AdmissionReview a webhook is sent, and what its answer may be (apiserver pkg/admission/plugin/webhook/request). */
import { arrayAt, isRecord, type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { type Attributes, namespaceOf } from './attributes.ts';

/** The request as expressions see it: everything but its id and the objects. `kind` is the version a rule is about. */
export function describeRequest(attributes: Attributes, kind: Kind): JsonRecord {
  const { type, subresource, name, operation, identity, dryRun, options } = attributes;
  const requestKind = { group: type.group, version: type.version, kind: type.kind };
  // Bodies of subresources have a version of their own, whatever the version of what they belong to.
  const isOwn = type.group === attributes.kind.group && type.kind === attributes.kind.kind;
  const namespace = namespaceOf(attributes);
  const resource = (of: Kind): JsonRecord => ({ group: of.group, version: of.version, resource: of.resource });
  return {
    kind: isOwn ? { group: kind.group, version: kind.version, kind: kind.kind } : requestKind,
    resource: resource(kind),
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind,
    requestResource: resource(attributes.kind),
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: {
      username: identity.name,
      ...(identity.uid === undefined ? {} : { uid: identity.uid }),
      groups: identity.groups,
      ...(identity.extra === undefined ? {} : { extra: identity.extra }),
    },
    dryRun,
    options: options ?? null,
  };
}

export function makeReview(attributes: Attributes, kind: Kind, version: string, uid: string): JsonRecord {
  const { object, oldObject } = attributes;
  return {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...describeRequest(attributes, kind), object: object ?? null, oldObject: oldObject ?? null },
  };
}

export interface Verdict {
  readonly allowed: boolean;
  /** A Status; only its code, reason, message and details count. */
  readonly result: JsonRecord | undefined;
  /** JSON, not looked at yet. */
  readonly patch: string;
  readonly warnings: readonly string[];
}

/** Throws, in upstream's words, what is wrong with the answer. */
export function readVerdict(answer: JsonRecord, version: string, uid: string, mutating: boolean): Verdict {
  const { response } = answer;
  if (!isRecord(response)) throw new Error('webhook response was absent');
  if (version === 'v1') requireType(answer, response, uid);
  const patch = stringAt(response, 'patch');
  const patchType = response.patchType ?? undefined;
  if (!mutating && version === 'v1') {
    if (patch !== '') throw new Error('validating webhook may not return response.patch');
    if (patchType !== undefined) throw new Error('validating webhook may not return response.patchType');
  }
  if (mutating && version === 'v1') {
    if (patch !== '' && patchType === undefined)
      throw new Error('webhook returned response.patch but not response.patchType');
    if (patch === '' && patchType !== undefined)
      throw new Error('webhook returned response.patchType but not response.patch');
    if (patchType === '') throw new Error('webhook returned invalid response.patchType of ""');
  }
  if (mutating && patch !== '' && patchType !== undefined && patchType !== 'JSONPatch')
    throw new Error(`unsupported patch type ${JSON.stringify(patchType)}`);
  return {
    allowed: response.allowed === true,
    result: isRecord(response.status) ? recordAt(response, 'status') : undefined,
    patch: mutating ? Buffer.from(patch, 'base64').toString('utf8') : '',
    warnings: arrayAt(response, 'warnings').map(String),
  };
}

function requireType(answer: JsonRecord, response: JsonRecord, uid: string): void {
  const text = stringAt(answer, 'apiVersion');
  const slash = text.indexOf('/');
  const [group, version] = slash < 0 ? ['', text] : [text.slice(0, slash), text.slice(slash + 1)];
  const got = `${group}/${version}, Kind=${stringAt(answer, 'kind')}`;
  const wanted = 'admission.k8s.io/v1, Kind=AdmissionReview';
  if (got !== wanted) throw new Error(`expected webhook response of ${wanted}, got ${got}`);
  const given = stringAt(response, 'uid');
  if (given !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(given)}`);
}
