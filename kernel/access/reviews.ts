/** The questions a client may ask about permission and identity (authorization.k8s.io/v1, authentication.k8s.io/v1). */
import { randomUUID } from 'node:crypto';
import type { Identity, KubernetesObject } from '@diatom/sdk/api';
import { objectKey } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { type ApiError, badRequest, conflict, type FieldError, invalid, notFound } from '../wire/status.ts';
import type { Attributes, Authorizer, Reviews } from './access.ts';
import { tokenIssuer } from './authn/issuer.ts';
import type { TokenAuthenticator } from './authn/service-accounts.ts';
import type { TokenClaims, TokenSigner } from './authn/token.ts';
import type { RoleIndex } from './rbac/role-index.ts';
import type { PolicyRule } from './rbac/rule.ts';

export interface ReviewSources {
  readonly store: Store;
  readonly authorizer: Authorizer;
  readonly roles: RoleIndex;
  readonly tokens: TokenAuthenticator;
  readonly signer: TokenSigner;
  readonly now: () => number;
}

const authorization = 'authorization.k8s.io';
const authentication = 'authentication.k8s.io';

export function createReviews(sources: ReviewSources): Reviews {
  const { authorizer, roles, tokens } = sources;
  const access = (review: KubernetesObject, identity: Identity): KubernetesObject => {
    const { allowed, reason } = authorizer.authorize(identity, attributesOf(review));
    return answer(review, { allowed, ...(reason === '' ? {} : { reason }) });
  };
  return {
    selfSubjectAccessReview: access,
    subjectAccessReview: (review) => access(review, subjectOf(review)),
    localSubjectAccessReview: (review, namespace) => {
      const asked = text(record(specOf(review).resourceAttributes).namespace);
      if (asked !== namespace) {
        const message = `Invalid value: ${JSON.stringify(asked)}: must match metadata.namespace`;
        throw wrong(review, authorization, [{ field: 'spec.resourceAttributes.namespace', message }]);
      }
      return access(review, subjectOf(review));
    },
    selfSubjectRulesReview: (review, identity) => {
      const namespace = text(specOf(review).namespace);
      if (namespace === '') throw badRequest('no namespace on request');
      return answer(review, rulesStatus(roles, identity, namespace));
    },
    selfSubjectReview: (review, identity) => answer(review, { userInfo: userInfo(identity) }),
    tokenReview: (review) => {
      const { token, audiences } = specOf(review);
      if (text(token) === '') throw badRequest('token is required for TokenReview in authentication');
      const result = tokens.authenticate(text(token), texts(audiences));
      if (result.kind === 'invalid') return answer(review, { user: {}, error: result.error });
      const known = texts(audiences).length === 0 ? [tokenIssuer] : result.audiences;
      return answer(review, { authenticated: true, user: userInfo(result.identity), audiences: known });
    },
    tokenRequest: (request, serviceAccount) => requestToken(sources, request, serviceAccount),
  };
}

type Json = Readonly<Record<string, unknown>>;

const record = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
const specOf = (object: KubernetesObject): Json => record((object as unknown as Json).spec);
const answer = (review: KubernetesObject, status: Json): KubernetesObject =>
  ({ ...review, metadata: { ...review.metadata }, status }) as KubernetesObject;

function wrong(
  review: KubernetesObject,
  group: string,
  errors: readonly Pick<FieldError, 'field' | 'message'>[],
): ApiError {
  const rows = errors.map((error) => ({ ...error, reason: 'FieldValueInvalid' }) as const);
  return invalid({ group, kind: review.kind }, review.metadata?.name ?? '', rows);
}

function attributesOf(review: KubernetesObject): Attributes {
  const { resourceAttributes, nonResourceAttributes } = specOf(review);
  if ((resourceAttributes === undefined) === (nonResourceAttributes === undefined)) {
    const message = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw wrong(review, authorization, [{ field: 'spec.resourceAttributes', message }]);
  }
  if (nonResourceAttributes !== undefined) {
    const { verb, path } = record(nonResourceAttributes);
    return { kind: 'path', verb: text(verb), path: text(path) };
  }
  const { verb, group, resource, subresource, namespace, name, fieldSelector } = record(resourceAttributes);
  return {
    kind: 'resource',
    verb: text(verb),
    group: text(group),
    resource: text(resource),
    subresource: text(subresource),
    namespace: text(namespace),
    name: text(name),
    fieldSelector: selectorText(record(fieldSelector)),
  };
}

/** Requirements of another kind than "equals" narrow nothing that anybody is allowed by. */
function selectorText({ rawSelector, requirements }: Json): string {
  if (text(rawSelector) !== '') return text(rawSelector);
  const terms = (Array.isArray(requirements) ? requirements : []).map(record).flatMap(({ key, operator, values }) => {
    const [value, ...others] = texts(values);
    return operator === 'In' && value !== undefined && others.length === 0 ? [`${text(key)}=${value}`] : [];
  });
  return terms.join(',');
}

function subjectOf(review: KubernetesObject): Identity {
  const { user, groups, uid, extra } = specOf(review);
  if (text(user) === '' && texts(groups).length === 0) {
    const message = 'Invalid value: "": at least one of user or group must be specified';
    throw wrong(review, authorization, [{ field: 'spec.user', message }]);
  }
  return {
    name: text(user),
    groups: texts(groups),
    ...(text(uid) === '' ? {} : { uid: text(uid) }),
    ...(extra === undefined
      ? {}
      : { extra: Object.fromEntries(Object.entries(record(extra)).map(([key, value]) => [key, texts(value)])) }),
  };
}

function userInfo({ name, uid, groups, extra }: Identity): Json {
  return { username: name, ...(uid === undefined ? {} : { uid }), groups, ...(extra === undefined ? {} : { extra }) };
}

function rulesStatus(roles: RoleIndex, identity: Identity, namespace: string): Json {
  const { grants, problems } = roles.grants(identity, namespace);
  const rules = grants.flatMap((grant) => grant.rules);
  const filled = (rule: PolicyRule, fields: readonly (keyof PolicyRule)[]): Json =>
    Object.fromEntries(fields.filter((field) => (rule[field] ?? []).length > 0).map((field) => [field, rule[field]]));
  const isResourceRule = (rule: PolicyRule): boolean => (rule.resources ?? []).length > 0;
  // Paths have no namespace: only bindings of the whole cluster count for them.
  const pathRules = grants.filter((grant) => grant.binding.namespace === '').flatMap((grant) => grant.rules);
  return {
    resourceRules: rules
      .filter(isResourceRule)
      .map((rule) => filled(rule, ['verbs', 'apiGroups', 'resources', 'resourceNames'])),
    nonResourceRules: pathRules
      .filter((rule) => (rule.nonResourceURLs ?? []).length > 0)
      .map((rule) => filled(rule, ['verbs', 'nonResourceURLs'])),
    incomplete: problems.length > 0,
    ...(problems.length === 0 ? {} : { evaluationError: problems.join(', ') }),
  };
}

const minimumSeconds = 600;
const maximumSeconds = 2 ** 32;
const defaultSeconds = 3600;

function requestToken(
  { store, signer, now }: ReviewSources,
  request: KubernetesObject,
  account: KubernetesObject,
): KubernetesObject {
  const { audiences: wanted, expirationSeconds: wantedSeconds, boundObjectRef } = specOf(request);
  const seconds = typeof wantedSeconds === 'number' ? wantedSeconds : defaultSeconds;
  if (seconds < minimumSeconds || seconds > maximumSeconds) {
    const limit =
      seconds < minimumSeconds
        ? 'may not specify a duration less than 10 minutes'
        : 'may not specify a duration larger than 2^32 seconds';
    throw wrong(request, authentication, [
      { field: 'spec.expirationSeconds', message: `Invalid value: ${seconds}: ${limit}` },
    ]);
  }
  const { name = '', namespace = '', uid = '' } = account.metadata;
  const givenUid = request.metadata?.uid ?? '';
  if (givenUid !== '' && givenUid !== uid) {
    const why = `the UID in the token request (${givenUid}) does not match the UID of the service account (${uid})`;
    throw conflict({ group: authentication, resource: 'TokenRequest' }, name, why);
  }
  const audiences = texts(wanted).length === 0 ? [tokenIssuer] : texts(wanted);
  const issuedAt = Math.floor(now() / 1000);
  const claims: TokenClaims = {
    iss: tokenIssuer,
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: audiences,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + seconds,
    jti: randomUUID(),
    'kubernetes.io': {
      namespace,
      serviceaccount: { name, uid },
      ...(boundObjectRef === undefined || boundObjectRef === null
        ? {}
        : boundTo(store, namespace, name, record(boundObjectRef))),
    },
  };
  const expirationTimestamp = new Date(claims.exp * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const filled = { ...request, spec: { ...specOf(request), audiences, expirationSeconds: seconds } };
  const creationTimestamp = new Date(issuedAt * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const metadata = { ...request.metadata, name, namespace, uid, creationTimestamp };
  return { ...answer(filled, { token: signer.sign(claims), expirationTimestamp }), metadata };
}

const bindable: ReadonlyMap<string, { readonly resource: string; readonly claim: 'pod' | 'secret' | 'node' }> = new Map(
  [
    ['Pod', { resource: 'pods', claim: 'pod' }],
    ['Secret', { resource: 'secrets', claim: 'secret' }],
    ['Node', { resource: 'nodes', claim: 'node' }],
  ],
);

/** The token dies with the object it is bound to. */
function boundTo(store: Store, namespace: string, account: string, reference: Json): Json {
  const [apiVersion, kind] = [text(reference.apiVersion), text(reference.kind)];
  const row = apiVersion === 'v1' ? bindable.get(kind) : undefined;
  if (row === undefined) throw badRequest(`cannot bind token to object of type ${apiVersion}, Kind=${kind}`);
  const name = text(reference.name);
  const object = stored(store, row.resource, row.claim === 'node' ? '' : namespace, name);
  if (object === undefined) throw notFound({ group: '', resource: row.resource }, name);
  if (row.claim === 'pod' && object.spec?.serviceAccountName !== account) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(account)} to pod running with different serviceaccount name.`,
    );
  }
  const uid = object.metadata.uid ?? '';
  if (text(reference.uid) !== '' && reference.uid !== uid) {
    const why = `the UID in the bound object reference (${text(reference.uid)}) does not match the UID in record. The object might have been deleted and then recreated`;
    throw conflict({ group: '', resource: kind }, name, why);
  }
  return { [row.claim]: { name, uid }, ...(row.claim === 'pod' ? nodeOf(store, object) : {}) };
}

interface StoredBound {
  readonly metadata: { readonly uid?: string };
  readonly spec?: { readonly serviceAccountName?: string; readonly nodeName?: string };
}

/** Where the pod is, for whoever gets the token. */
function nodeOf(store: Store, { spec }: StoredBound): Json {
  const name = spec?.nodeName ?? '';
  if (name === '') return {};
  const uid = stored(store, 'nodes', '', name)?.metadata.uid;
  return { node: { name, ...(uid === undefined ? {} : { uid }) } };
}

function stored(store: Store, resource: string, namespace: string, name: string): StoredBound | undefined {
  const found = store.get(objectKey({ group: '', resource, namespace, name }));
  return found === undefined ? undefined : (JSON.parse(found.value) as StoredBound);
}
