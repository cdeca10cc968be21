/**
 * What the verbs need from the other rooms of the kernel: permission, reviews, pod logs. `kernel/access` and
 * `kernel/http` implement these; `createKernel` puts them together.
 */
import type { ApiResponse, Identity, KubernetesObject } from '@diatom/sdk/api';

/** What a request wants to do, as RBAC sees it (upstream: authorizer.Attributes). Empty string where not applicable. */
export type AccessAttributes =
  | {
      readonly kind: 'resource';
      /** get list watch create update patch delete deletecollection. */
      readonly verb: string;
      readonly group: string;
      readonly version: string;
      /** Plural, lower case. */
      readonly resource: string;
      readonly subresource: string;
      readonly namespace: string;
      readonly name: string;
    }
  | { readonly kind: 'path' /** get, post, … */; readonly verb: string; readonly path: string };

export interface AccessDecision {
  readonly allowed: boolean;
  /** Why, in RBAC's words; goes into the 403 message when refused. */
  readonly reason?: string;
}

export type Authorizer = (identity: Identity, attributes: AccessAttributes) => AccessDecision;

/** A JSON object whose shape nothing is known about yet. */
export interface JsonRecord {
  [key: string]: unknown;
}

/** A POST to a kind that is answered and never stored: *AccessReview, SelfSubjectReview, TokenReview. */
export interface ReviewRequest {
  readonly kind: string;
  readonly identity: Identity;
  /** Of LocalSubjectAccessReview; otherwise empty. */
  readonly namespace: string;
  readonly object: JsonRecord;
}

export interface TokenRequestInput {
  readonly identity: Identity;
  readonly namespace: string;
  readonly serviceAccount: KubernetesObject;
  /** authentication.k8s.io/v1 TokenRequest. */
  readonly object: JsonRecord;
}

export interface Reviews {
  /** Returns the object with `status` filled in; throws `ApiError` (kernel/wire/status.ts) when the review is invalid. */
  review(request: ReviewRequest): JsonRecord | Promise<JsonRecord>;
  createToken(input: TokenRequestInput): JsonRecord | Promise<JsonRecord>;
}

/** GET pods/log. `query` has the PodLogOptions: container, follow, tailLines, sinceSeconds, timestamps, previous, limitBytes. */
export type PodLog = (pod: KubernetesObject, query: URLSearchParams) => Promise<ApiResponse>;

/** A write after defaulting and before it is stored. Throw `ApiError` to refuse it (RBAC escalation, quotas, …). */
export interface AdmissionRequest {
  readonly verb: 'create' | 'update' | 'delete';
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly identity: Identity;
  readonly object: JsonRecord | undefined;
  readonly previous: JsonRecord | undefined;
  readonly dryRun: boolean;
}

/** Synchronous, because it runs inside the store's write, against the state that is being replaced. */
export type Admission = (request: AdmissionRequest) => void;
