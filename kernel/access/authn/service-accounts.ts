/** Who a token stands for: valid only while the ServiceAccount, and the object it is bound to, are the ones it was made for. */
import type { Identity } from '@diatom/sdk/api';
import { objectKey } from '../../store/keys.ts';
import type { Store } from '../../store/store.ts';
import { authenticateBootstrapToken } from './bootstrap-tokens.ts';
import { tokenIssuer } from './issuer.ts';
import { authenticateLegacyToken, legacyIssuer, type UsedSecret } from './legacy-tokens.ts';
import type { TokenClaims, TokenSigner } from './token.ts';

export type TokenAnswer =
  | { readonly kind: 'valid'; readonly identity: Identity; readonly audiences: readonly string[] }
  | { readonly kind: 'invalid'; readonly error: string };

export interface TokenAuthenticator {
  /** `audiences` empty: those of the API server itself. */
  authenticate(token: string, audiences?: readonly string[]): TokenAnswer;
}

/** Verified signatures are remembered: a client sends the same token with every request. */
const rememberedTokens = 1000;

export function createTokenAuthenticator(
  store: Store,
  signer: TokenSigner,
  now: () => number,
  onLegacyUse: (secret: UsedSecret) => void,
): TokenAuthenticator {
  const verified = new Map<string, TokenClaims>();
  const claimsOf = (token: string): TokenClaims | undefined => {
    const known = verified.get(token);
    if (known !== undefined) return known;
    const claims = signer.verify(token);
    if (claims === undefined) return undefined;
    if (verified.size >= rememberedTokens) verified.clear();
    verified.set(token, claims);
    return claims;
  };
  return {
    authenticate: (token, audiences = []) => {
      const bootstrap = authenticateBootstrapToken(store, token, now());
      if (bootstrap !== undefined) return bootstrap;
      const claims = claimsOf(token);
      if (claims === undefined) return { kind: 'invalid', error: 'invalid bearer token' };
      const legacy =
        claims.iss === legacyIssuer ? authenticateLegacyToken(store, token, { ...claims }, onLegacyUse) : undefined;
      if (legacy?.kind === 'invalid') return legacy;
      const problem = legacy === undefined ? problemWith(store, claims, now() / 1000) : undefined;
      if (problem !== undefined) return { kind: 'invalid', error: problem };
      const wanted = audiences.length === 0 ? [tokenIssuer] : audiences;
      // A token that names no audience is for the API server.
      const meant = legacy === undefined ? claims.aud : [tokenIssuer];
      const shared = wanted.filter((audience) => meant.includes(audience));
      if (shared.length === 0) {
        return {
          kind: 'invalid',
          error: `token audiences ${JSON.stringify(meant)} is invalid for the target audiences ${JSON.stringify(wanted)}`,
        };
      }
      return { kind: 'valid', identity: legacy?.identity ?? identityOf(claims), audiences: shared };
    },
  };
}

function problemWith(store: Store, claims: TokenClaims, nowSeconds: number): string | undefined {
  if (claims.iss !== tokenIssuer) return 'the token has another issuer';
  if (nowSeconds >= claims.exp) return 'service account token has expired';
  if (nowSeconds < claims.nbf - 60) return 'service account token is not valid yet';
  const { namespace, serviceaccount, pod, secret, node } = claims['kubernetes.io'];
  // With a pod the node is told only; alone it is what the token is bound to.
  const boundNode = pod === undefined ? node : undefined;
  const bound = [
    { resource: 'serviceaccounts', what: 'service account', object: serviceaccount },
    { resource: 'pods', what: 'pod', object: pod },
    { resource: 'secrets', what: 'secret', object: secret },
    { resource: 'nodes', what: 'node', object: boundNode },
  ];
  for (const { resource, what, object } of bound) {
    if (object === undefined) continue;
    const place = resource === 'nodes' ? {} : { namespace };
    const stored = store.get(objectKey({ group: '', resource, ...place, name: object.name }));
    if (stored === undefined) return `${what} ${namespace}/${object.name} has been deleted`;
    const { uid } = (JSON.parse(stored.value) as { metadata: { uid?: string } }).metadata;
    if (uid !== object.uid) return `${what} ${namespace}/${object.name} has been deleted and made anew since`;
  }
  return undefined;
}

function identityOf(claims: TokenClaims): Identity {
  const { namespace, serviceaccount, pod, node } = claims['kubernetes.io'];
  const podExtra = pod && {
    'authentication.kubernetes.io/pod-name': [pod.name],
    'authentication.kubernetes.io/pod-uid': [pod.uid],
  };
  const nodeExtra = node && {
    'authentication.kubernetes.io/node-name': [node.name],
    ...(node.uid === undefined ? {} : { 'authentication.kubernetes.io/node-uid': [node.uid] }),
  };
  return {
    name: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid: serviceaccount.uid,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`], ...podExtra, ...nodeExtra },
  };
}
