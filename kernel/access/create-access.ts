/** Puts authentication, RBAC, escalation checks and reviews together over one store. */
import type { Store } from '../store/store.ts';
import type { Access } from './access.ts';
import { createTokenAuthenticator, type TokenAuthenticator } from './authn/service-accounts.ts';
import { createTokenSigner } from './authn/token.ts';
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
}

export interface AccessControl extends Access {
  readonly tokens: TokenAuthenticator;
  close(): void;
}

export function createAccess({ store, tokenKey, now, log }: AccessOptions): AccessControl {
  const roles = new RoleIndex(store, () => log('the roles are no longer followed: the store ended the watch'));
  const authorizer = createAuthorizer(roles, createNodeAuthorizer(store));
  const signer = createTokenSigner(tokenKey);
  const tokens = createTokenAuthenticator(store, signer, now);
  const escalation = createEscalationCheck(roles, authorizer);
  const approval = createApprovalCheck(authorizer);
  const restriction = createNodeRestriction(store);
  return {
    authorize: authorizer.authorize,
    admit: (request) =>
      restriction(request) ?? escalation(request) ?? approval(request) ?? checkRequestedSubject(request),
    reviews: createReviews({ store, authorizer, roles, tokens, signer, now }),
    tokens,
    close: () => roles.close(),
  };
}
