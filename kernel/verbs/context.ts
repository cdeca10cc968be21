/** What every verb works with. */
import type { ApiRequest, Identity } from '@diatom/sdk/api';
import type { Access, Attributes } from '../access/access.ts';
import { forbidden } from '../access/forbidden.ts';
import type { Admission } from '../admission/admission.ts';
import type { Aggregation } from '../aggregation/aggregation.ts';
import type { Allocator } from '../allocation/allocator.ts';
import type { PodLog } from '../http/pod-log.ts';
import type { CallWebhook } from '../http/webhooks.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Kinds } from '../kinds/kinds.ts';
import type { MetricsSource } from '../metrics/index.ts';
import type { QuotaLedger } from '../quota/ledger.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { Answer } from '../wire/media.ts';
import { ApiError } from '../wire/status.ts';
import type { ComponentSource } from './component-status.ts';
import type { ResourceRoute } from './route.ts';

export interface Context {
  readonly store: Store;
  readonly kinds: Kinds;
  readonly access: Access;
  readonly podLog: PodLog;
  readonly callWebhook: CallWebhook;
  readonly admission: Admission;
  /** Absent where other API servers cannot be called. */
  readonly aggregation: Aggregation | undefined;
  /** The parts of the control plane, for ComponentStatus; absent where there is only the API. */
  readonly components: ComponentSource | undefined;
  /** Absent where nothing is measured. */
  readonly metrics: MetricsSource | undefined;
  readonly quotas: QuotaLedger;
  readonly allocator: Allocator;
  readonly nowMs: () => number;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
  readonly log: (message: string) => void;
}

/** One request to one kind. */
export interface Call {
  readonly request: ApiRequest;
  readonly identity: Identity;
  readonly route: ResourceRoute;
  readonly kind: Kind;
  readonly query: URLSearchParams;
  /** What the client gets, negotiated before anything is done. */
  readonly answer: Answer;
  /** Go into Warning headers. */
  readonly warnings: string[];
  /** The kind in whose words the client speaks, where it is not the one that is stored. */
  readonly viewedAs?: Kind;
}

/** Throws the 403 when access says no. */
export function requireAccess(context: Context, identity: Identity, attributes: Attributes): void {
  const decision = context.access.authorize(identity, attributes);
  if (!decision.allowed) throw ApiError.from(forbidden(identity, attributes, decision.reason));
}

/** Where a kind's objects stand, or those of one namespace. */
export function prefixOf(kind: Kind, namespace: string): string {
  return resourcePrefix(kind.group, kind.resource, kind.namespaced ? namespace : '');
}

export function keyOf(kind: Kind, namespace: string, name: string): string {
  return prefixOf(kind, namespace) + name;
}
