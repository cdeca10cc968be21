/** GET pods/NAME/log: carried to the agent of the pod's node and its answer streamed back. */
import type { ApiResponse, KubernetesObject } from '@diatom/sdk/api';

export interface PodLogRequest {
  /** The stored Pod; the verbs have already authorised and read it. */
  readonly pod: KubernetesObject;
  /** As the client sent it: container, follow, previous, sinceSeconds, sinceTime, timestamps, tailLines, limitBytes. */
  readonly query: URLSearchParams;
}

/** Answers with the log as text/plain, or with a Status. */
export type PodLog = (request: PodLogRequest) => Promise<ApiResponse>;
