/** What a cell is started with and what the starter holds afterwards. */
import type { ServerReport } from '@diatom/servers/supervisor/report.ts';

export interface CellOptions {
  /** Everything the cell keeps: store, keys, logs, the tender's socket. Made when absent; one cell at a time. */
  readonly dataDirectory: string;
  readonly imageStoreDirectory: string;
  readonly tender: { readonly kind: 'process'; readonly binaryPath: string } | { readonly kind: 'node' };
  /** Address of the API server; 127.0.0.1 when left out. */
  readonly host?: string;
  /** Port of the API server; 0 or left out: the port of the last time when free, else any free one. */
  readonly port?: number;
  /** Name of this machine's Node; left out: that of the last time, at first the host name in lower case. */
  readonly nodeName?: string;
  /** Who asks the API what is written to `logPath`, by the audit.k8s.io/v1 Policy at `policyPath`. Left out: nothing is. */
  readonly audit?: { readonly logPath: string; readonly policyPath: string };
  /** One line from the cell or one of its servers. `source` is `cell`, `kernel` or a server's name. */
  readonly log?: (source: string, line: string) => void;
}

export interface Cell {
  /** `https://127.0.0.1:6443` */
  readonly address: string;
  readonly kubeconfigPath: string;
  /** From the call of `startCell` to kernel and all servers ready. */
  readonly readyMs: number;
  readonly podCidr: string;
  readonly serviceCidr: string;
  servers(): readonly ServerReport[];
  /** Ends the named worker (`kernel` included) without warning, as a crash would; resolves when it is gone. For tests. */
  killServer(name: string): Promise<void>;
  /** Stops servers and instances, then the kernel. Idempotent. */
  close(): Promise<void>;
}
