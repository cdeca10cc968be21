/**
 * Tokens that live in a Secret of type kubernetes.io/service-account-token, as a kube-controller-manager with the key of the
 * cell makes them: without an end, valid while the Secret holds them (kubernetes pkg/serviceaccount/legacy.go).
 */
import { timingSafeEqual } from 'node:crypto';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../../kinds/json.ts';
import { objectKey } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import type { TokenAnswer } from './service-accounts.ts';

export const legacyIssuer = 'kubernetes/serviceaccount';
export const lastUsedLabel = 'kubernetes.io/legacy-token-last-used';
const invalidSinceLabel = 'kubernetes.io/legacy-token-invalid-since';

/** A Secret whose token somebody showed. */
export interface UsedSecret {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** The day it says it was used last; empty: never. */
  readonly lastUsed: string;
}

/** What such a token says. */
export function legacyClaims(
  namespace: string,
  secret: string,
  account: { readonly name: string; readonly uid: string },
) {
  return {
    iss: legacyIssuer,
    [claim('namespace')]: namespace,
    [claim('secret.name')]: secret,
    [claim('service-account.name')]: account.name,
    [claim('service-account.uid')]: account.uid,
    sub: `system:serviceaccount:${namespace}:${account.name}`,
  };
}

const claim = (name: string): string => `kubernetes.io/serviceaccount/${name}`;

/** `claims`: of a token whose signature is right. */
export function authenticateLegacyToken(
  store: Store,
  token: string,
  claims: JsonRecord,
  onUse: (secret: UsedSecret) => void,
):
  | Exclude<TokenAnswer, { readonly kind: 'valid' }>
  | Omit<Extract<TokenAnswer, { readonly kind: 'valid' }>, 'audiences'> {
  const invalid = (error: string) => ({ kind: 'invalid', error }) as const;
  const [namespace, secretName] = [stringAt(claims, claim('namespace')), stringAt(claims, claim('secret.name'))];
  const [name, uid] = [stringAt(claims, claim('service-account.name')), stringAt(claims, claim('service-account.uid'))];
  const user = `system:serviceaccount:${namespace}:${name}`;
  if ([namespace, secretName, name, uid].includes('')) return invalid('a claim is missing');
  if (claims.sub !== user) return invalid('sub claim is invalid');
  const secret = find(store, 'secrets', namespace, secretName);
  if (secret === undefined) return invalid('Token has been invalidated');
  if (!isSame(stringAt(secret, 'data', 'token'), token)) return invalid("Token does not match server's copy");
  const account = find(store, 'serviceaccounts', namespace, name);
  if (account === undefined) return invalid(`ServiceAccount ${namespace}/${name} has been deleted`);
  const accountUid = stringAt(account, 'metadata', 'uid');
  if (accountUid !== uid) return invalid(`ServiceAccount UID (${accountUid}) does not match claim (${uid})`);
  const labels = recordAt(secret, 'metadata', 'labels');
  onUse({
    namespace,
    name: secretName,
    uid: stringAt(secret, 'metadata', 'uid'),
    lastUsed: stringAt(labels, lastUsedLabel),
  });
  if (stringAt(labels, invalidSinceLabel) !== '')
    return invalid(
      `the token in secret ${namespace}/${secretName} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${invalidSinceLabel}' label from the secret to temporarily allow use of this token`,
    );
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'];
  return { kind: 'valid', identity: { name: user, uid, groups } };
}

function find(store: Store, resource: string, namespace: string, name: string): JsonRecord | undefined {
  const stored = store.get(objectKey({ group: '', resource, namespace, name }));
  const object: unknown = stored === undefined ? undefined : JSON.parse(stored.value);
  return isRecord(object) && stringAt(object, 'metadata', 'deletionTimestamp') === '' ? object : undefined;
}

/** Without telling by its duration how much of it is right. */
function isSame(encoded: string, token: string): boolean {
  const [left, right] = [Buffer.from(encoded, 'base64'), Buffer.from(token)];
  return left.length === right.length && timingSafeEqual(left, right);
}
