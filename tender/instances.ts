/**
 * What a tender does for its callers (the agent, `diatom run`), whichever target stands behind it. A *slot* is a
 * prepared place for an image: its sockets are open and its limits known. An *instance* is the image running in it.
 * A lazy slot boots its image when the first connection arrives and falls asleep again when the image has been idle:
 * the listening sockets stay with the tender, so no connection is ever refused in between.
 */
import type { Manifest } from '@diatom/libos/manifest';

export interface SlotSpec {
  /** Chosen by the caller; unique within the tender. [A-Za-z0-9._-], at most 128 characters. */
  readonly id: string;
  readonly manifest: Manifest;
  /** What confines the image: a locked-down process, or a virtual machine of its own. The node tender knows neither. */
  readonly target: 'process' | 'hvt';
  /** Path of the layer the target runs: the ELF for `process` and `hvt`, the wasm for the node tender. */
  readonly imagePath: string;
  /** Where each declared port of the manifest is listened on. A port left out is not opened. */
  readonly listen: readonly { readonly port: number; readonly address: string; readonly hostPort: number }[];
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryLimitBytes: number;
  /**
   * `eager`: boot now. `lazy`: boot on the first connection. `per-connection` (only `hvt`): every connection gets an
   * instance of its own, which is destroyed after it; such a slot is `asleep` while it waits.
   */
  readonly boot: 'eager' | 'lazy' | 'per-connection';
  /** The image exits with status 0 after this long without a connection; 0: never. */
  readonly idleTimeoutMs: number;
  /** An instance that has run this long is killed and ends with `DeadlineExceeded`; 0: it may run for ever. */
  readonly timeLimitMs: number;
  /**
   * Where its outgoing connections are made: an egress (`startEgress`), and the namespace in which it takes names there.
   * Left out, an image of the native tender has none; the node tender makes them itself and needs no socket.
   */
  readonly egress?: { readonly socketPath: string; readonly scope: string };
  /** Console lines are appended here as `<RFC 3339 with ns> stdout F <line>` (the CRI log format). */
  readonly logPath: string;
}

export type SlotState =
  | { readonly kind: 'asleep'; readonly bootCount: number }
  | { readonly kind: 'running'; readonly bootCount: number; readonly pid: number; readonly startedAt: string }
  | { readonly kind: 'ended'; readonly bootCount: number; readonly exit: Exit };

export interface Exit {
  /** As Kubernetes shows it: the image's own status, or 128 + signal. */
  readonly code: number;
  readonly signal: number;
  readonly reason: 'Completed' | 'Error' | 'Trap' | 'SystemCallDenied' | 'OutOfMemory' | 'Killed' | 'DeadlineExceeded';
  /** One sentence for people, with the symbolised place for traps. */
  readonly message: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

export interface TenderEvent {
  readonly id: string;
  readonly state: SlotState;
}

/** A connection to a running tender. Losing it loses no instance: connect again and `list`. */
export interface Tender {
  /** Rejects with a `TenderError` that says what is wrong with the spec or the image; nothing is left behind then. */
  start(spec: SlotSpec): Promise<SlotState>;
  /** Ends the instance and closes the slot's sockets. Idempotent. */
  stop(id: string, graceMs: number): Promise<void>;
  list(): Promise<readonly TenderEvent[]>;
  onEvent(listener: (event: TenderEvent) => void): void;
  close(): Promise<void>;
}

export class TenderError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = 'TenderError';
    this.code = code;
  }
}
