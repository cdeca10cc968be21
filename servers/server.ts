/**
 * What a server is: a name, the rights it needs, and a function that runs until it is told to stop. The supervisor gives
 * each its own worker thread, its own identity (`system:serviceaccount:kube-system:<name>`, bound to a ClusterRole made
 * from `rules`) and a port to the kernel.
 */
import type { ClientPort } from '@diatom/sdk/api';

export interface PolicyRule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
  readonly nonResourceURLs?: readonly string[];
}

export interface ServerContext {
  /** To the kernel; wrap it with the SDK's port transport. */
  readonly port: ClientPort;
  /** Settings from the supervisor: plain data, named in the server's own file. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly log: (message: string) => void;
  /** Aborted when the server has to end; `run` then finishes what it is doing and returns. */
  readonly signal: AbortSignal;
}

export interface Server {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  /** Resolves when stopped; a rejection is a crash and the supervisor starts it again. Call `ready` once serving. */
  run(context: ServerContext, ready: () => void): Promise<void>;
}
