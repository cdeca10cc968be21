/** What `createKernel` takes and gives. */
import type { MessagePort } from 'node:worker_threads';
import type { ApiHandler, Identity } from '@diatom/sdk/api';

export interface KernelOptions {
  /** Holds the store, the keys and the kubeconfig; created when missing. One kernel at a time. */
  readonly dataDirectory: string;
  /** Without it the kernel serves `handle` and ports only. Port 0 takes a free one. */
  readonly listen?: { readonly host: string; readonly port: number };
  /** Further DNS names and IP addresses the server's certificate has to be good for. */
  readonly names?: readonly string[];
  /** Blocks of addresses for Services, at most one of each family, the default one first; 10.0.0.0/24 when left out. */
  readonly serviceBlocks?: readonly string[];
  /** Whether another program of this machine listens on a port: no Service is given it as a node port then. */
  readonly isPortInUse?: (port: number) => boolean;
  /** Writes down who asks what, as lines of JSON at `logPath`, by the audit.k8s.io/v1 Policy at `policyPath`. */
  readonly audit?: { readonly logPath: string; readonly policyPath: string };
  /** Milliseconds since the epoch; the wall clock when left out. */
  readonly now?: () => number;
  readonly log?: (message: string) => void;
}

export interface Kernel {
  /** A direct call, already authenticated: authorisation and everything after it apply. */
  readonly handle: ApiHandler;
  /** Serves the port transport (sdk/api/wire.ts) with this identity until the port closes. */
  attachPort(port: MessagePort, identity: Identity): void;
  /** Undefined when not listening. */
  readonly address: { readonly host: string; readonly port: number; readonly url: string } | undefined;
  /** Admin credentials, mode 0600; written when listening. */
  readonly kubeconfigPath: string;
  /** Files for the agent's own HTTPS endpoint, and the CA that signed the kernel's client certificate. */
  readonly agentCredentials: {
    readonly certificatePath: string;
    readonly keyPath: string;
    readonly clientAuthorityPath: string;
  };
  /** Ends watches, finishes requests in flight, makes the store durable. Idempotent. */
  close(): Promise<void>;
}
