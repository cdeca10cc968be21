/** Puts authentication, RBAC, escalation checks and reviews together over one store. */
import type { Store } from '../store/store.ts';
import type { Access } from './access.ts';
import type { UsedSecret } from './authn/legacy-tokens.ts';
import { createTokenAuthenticator, type TokenAuthenticator } from './authn/service-accounts.ts';
import { createTokenSigner, type TokenSigner } from './authn/token.ts';
import { createNodeAuthorizer } from './node/node-authorizer.ts';
import { createNodeRestriction } from './node/node-restriction.ts';
import { createAuthorizer } from './rbac/authorizer.ts';
import { createEscalationCheck } from './rbac/escalation.ts';
import { RoleIndex } from './rbac/role-index.ts';
import { createApprovalCheck } from './rbac/signer-approval.ts';
import { checkRequestedSubject } from './rbac/signer-subject.ts';
import { createReviews } from './reviews.ts';

export interface AccessOptions {
  readonly store: Store;
  readonly tokenKey: { readonly privateKey: string; readonly publicKey: string };
  readonly now: () => number;
  readonly log: (message: string) => void;
  /** A token that lives in a Secret was shown. */
  readonly onLegacyToken?: (secret: UsedSecret) => void;
}

export interface AccessControl extends Access {
  readonly tokens: TokenAuthenticator;
  readonly signer: TokenSigner;
  close(): void;
}

export function createAccess({ store, tokenKey, now, log, onLegacyToken = () => {} }: AccessOptions): AccessControl {
  const roles = new RoleIndex(store, () => log('the roles are no longer followed: the store ended the watch'));
  const authorizer = createAuthorizer(roles, createNodeAuthorizer(store));
  const signer = createTokenSigner(tokenKey);
  const tokens = createTokenAuthenticator(store, signer, now, onLegacyToken);
  const escalation = createEscalationCheck(roles, authorizer);
  const approval = createApprovalCheck(authorizer);
  const restriction = createNodeRestriction(store, authorizer);
  return {
    authorize: authorizer.authorize,
    admit: (request) =>
      restriction(request) ?? escalation(request) ?? approval(request) ?? checkRequestedSubject(request),
    reviews: createReviews({ store, authorizer, roles, tokens, signer, now }),
    tokens,
    signer,
    close: () => roles.close(),
  };
}
