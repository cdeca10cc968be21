/**
 * What somebody outside needs to check a service account's token without asking the kernel each time (OpenID Connect
 * Discovery 1.0 §4; Kubernetes "Service account issuer discovery").
 */
import { createPublicKey } from 'node:crypto';
import { keyIdOf, tokenIssuer } from './issuer.ts';

export interface PublishedDocument {
  readonly contentType: string;
  readonly body: string;
}

/** By path. */
export function issuerDocuments(publicKey: string): Readonly<Record<string, PublishedDocument>> {
  const jwk = createPublicKey(publicKey).export({ format: 'jwk' });
  const keys = [{ use: 'sig', kid: keyIdOf(publicKey), alg: 'ES256', ...jwk }];
  const configuration = {
    issuer: tokenIssuer,
    jwks_uri: `${tokenIssuer}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['ES256'],
  };
  return {
    '/.well-known/openid-configuration': { contentType: 'application/json', body: JSON.stringify(configuration) },
    '/openid/v1/jwks': { contentType: 'application/jwk-set+json', body: JSON.stringify({ keys }) },
  };
}
