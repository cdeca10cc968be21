/** From what a connection shows to who is asking: a client certificate, a bearer token, or nobody in particular. */
import type { X509Certificate } from 'node:crypto';
import type { Identity } from '@diatom/sdk/api';
import type { TokenAuthenticator } from './service-accounts.ts';

export const anonymous: Identity = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/** What the TLS layer found out about the client's certificate. */
export type PeerCertificate =
  | { readonly kind: 'none' }
  | { readonly kind: 'untrusted' }
  | { readonly kind: 'trusted'; readonly identity: Identity };

/** Undefined: credentials were given and are no good (401). */
export function authenticate(
  tokens: TokenAuthenticator,
  peer: PeerCertificate,
  headers: Readonly<Record<string, string>>,
): Identity | undefined {
  if (peer.kind === 'trusted') return peer.identity;
  const token = bearerToken(headers);
  if (token !== undefined) {
    const answer = tokens.authenticate(token);
    return answer.kind === 'valid' ? answer.identity : undefined;
  }
  return peer.kind === 'untrusted' ? undefined : anonymous;
}

function bearerToken({ authorization }: Readonly<Record<string, string>>): string | undefined {
  return authorization === undefined ? undefined : /^bearer +(\S+) *$/i.exec(authorization)?.[1];
}

/** The common name is the user, every organization a group. */
export function certificateIdentity(certificate: X509Certificate): Identity | undefined {
  // The subject as text would have to be unescaped; the legacy object has the values themselves.
  const { CN: name, O: groups } = certificate.toLegacyObject().subject as {
    CN?: string | string[];
    O?: string | string[];
  };
  const user = Array.isArray(name) ? name.at(-1) : name;
  if (user === undefined || user === '') return undefined;
  return { name: user, groups: [...(groups === undefined ? [] : [groups].flat()), 'system:authenticated'] };
}
