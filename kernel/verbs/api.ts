/** The Kubernetes API over a store: what a transport calls with an authenticated request. */
import type { ApiHandler } from '@diatom/sdk/api';
import type { Store } from '../store/store.ts';
import type { Admission, Authorizer, PodLog, Reviews } from './seam.ts';

export interface ApiOptions {
  readonly store: Store;
  readonly authorize: Authorizer;
  readonly reviews: Reviews;
  readonly podLog: PodLog;
  readonly admission?: readonly Admission[];
  /** Milliseconds since the epoch; the wall clock when absent. */
  readonly now?: () => number;
  /** 0 ≤ x < 1, for generated names and spread timeouts. */
  readonly random?: () => number;
  /** Unexpected failures (the client gets a 500 InternalError). */
  readonly log?: (message: string) => void;
}

export type CreateApi = (options: ApiOptions) => ApiHandler;
