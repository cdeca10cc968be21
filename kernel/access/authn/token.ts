/** JSON Web Tokens of service accounts, signed with ES256 (RFC 7515, RFC 7518 §3.4). */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';

import { keyIdOf } from './issuer.ts';

/** The claims Kubernetes puts into a bound token (kubernetes pkg/serviceaccount/claims.go). Times in seconds. */
export interface TokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: { readonly name: string; readonly uid: string };
    readonly pod?: { readonly name: string; readonly uid: string };
    readonly secret?: { readonly name: string; readonly uid: string };
    /** Of a token bound to a pod it is the pod's, and without a uid where there is no such Node. */
    readonly node?: { readonly name: string; readonly uid?: string };
  };
}

export interface TokenSigner {
  sign(claims: TokenClaims): string;
  /** The claims of a token this cell signed; undefined for any other text. Times are not looked at. */
  verify(token: string): TokenClaims | undefined;
  /** A token to be kept in a Secret (legacy-tokens.ts). */
  signLegacy(claims: Readonly<Record<string, string>>): string;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function algorithmOf(head: string): unknown {
  try {
    return (JSON.parse(Buffer.from(head, 'base64url').toString()) as { alg?: unknown } | null)?.alg;
  } catch {
    return undefined;
  }
}

export function createTokenSigner(keys: { readonly privateKey: string; readonly publicKey: string }): TokenSigner {
  const privateKey = createPrivateKey(keys.privateKey);
  const publicKey = createPublicKey(keys.publicKey);
  const header = encode({ alg: 'ES256', kid: keyIdOf(keys.publicKey) });
  // Whoever has the key may name it otherwise, as upstream's controllers do; nobody has a choice of algorithm.
  const isAccepted = (head: string): boolean => head === header || algorithmOf(head) === 'ES256';
  const signed = (claims: unknown): string => {
    const text = `${header}.${encode(claims)}`;
    const signature = sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
    return `${text}.${signature.toString('base64url')}`;
  };
  return {
    sign: signed,
    signLegacy: signed,
    verify: (token) => {
      const [head, body, signature, ...rest] = token.split('.');
      if (head === undefined || !isAccepted(head) || body === undefined || signature === undefined || rest.length > 0)
        return undefined;
      const bytes = Buffer.from(signature, 'base64url');
      const key = { key: publicKey, dsaEncoding: 'ieee-p1363' } as const;
      if (bytes.length !== 64 || !verify('sha256', Buffer.from(`${head}.${body}`), key, bytes)) return undefined;
      return JSON.parse(Buffer.from(body, 'base64url').toString()) as TokenClaims;
    },
  };
}
