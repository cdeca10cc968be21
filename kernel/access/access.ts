/**
 * Permission, as the verbs see it: who may do what (`authorize`), which writes of roles would hand out more than their
 * writer has (`admit`), and the questions a client may ask about itself and others (`reviews`).
 */
import type { Identity, KubernetesObject, Status } from '@diatom/sdk/api';

/** What a request wants, in the words RBAC rules are written in (Kubernetes authorization, "Review your request attributes"). */
export type Attributes = ResourceAttributes | PathAttributes;

export interface ResourceAttributes {
  readonly kind: 'resource';
  /** get list watch create update patch delete deletecollection, or a special one (impersonate, bind, escalate, ...). */
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  /** Empty: the object itself. */
  readonly subresource?: string;
  /** Empty: cluster scope, or all namespaces. */
  readonly namespace?: string;
  /** Empty: the collection. */
  readonly name?: string;
  /** Of a collection, as it was asked for. */
  readonly fieldSelector?: string;
}

export interface PathAttributes {
  readonly kind: 'path';
  /** The HTTP method in lower case. */
  readonly verb: string;
  readonly path: string;
}

export type AccessDecision =
  | { readonly allowed: true; readonly reason: string }
  | { readonly allowed: false; readonly reason: string };

export interface Authorizer {
  authorize(identity: Identity, attributes: Attributes): AccessDecision;
}

/** A write about to be stored, after decoding and defaulting. */
export interface AdmissionRequest {
  readonly identity: Identity;
  readonly verb: 'create' | 'update' | 'patch' | 'delete';
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** Undefined for a delete. */
  readonly object: KubernetesObject | undefined;
  /** Undefined for a create. */
  readonly previous: KubernetesObject | undefined;
}

/** Undefined lets the write through; a Status (403 or 422) is the answer to the client instead. */
export type Admission = (request: AdmissionRequest) => Status | undefined;

/**
 * The kinds that are questions, not objects: nothing is stored. Each takes the body the client posted and returns the
 * body to answer 201 with. An unusable body throws `ApiError` (wire/status.ts).
 */
export interface Reviews {
  selfSubjectAccessReview(review: KubernetesObject, identity: Identity): KubernetesObject;
  subjectAccessReview(review: KubernetesObject): KubernetesObject;
  localSubjectAccessReview(review: KubernetesObject, namespace: string): KubernetesObject;
  selfSubjectRulesReview(review: KubernetesObject, identity: Identity): KubernetesObject;
  selfSubjectReview(review: KubernetesObject, identity: Identity): KubernetesObject;
  tokenReview(review: KubernetesObject): KubernetesObject;
  /** POST serviceaccounts/NAME/token; the verbs have already read the ServiceAccount (404 is theirs). */
  tokenRequest(request: KubernetesObject, serviceAccount: KubernetesObject): KubernetesObject;
}

export interface Access extends Authorizer {
  readonly admit: Admission;
  readonly reviews: Reviews;
}
