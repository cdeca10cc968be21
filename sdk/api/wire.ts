/**
 * One API request and its answer, whatever carries it: HTTP(S) from anywhere, or a message port inside `diatom up`.
 * The kernel implements `ApiHandler`; both transports only translate to and from it.
 */

export interface ApiRequest {
  readonly method: string;
  /** Path with query string, as in an HTTP request line. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Where the client is, if the transport knows. */
  readonly sourceAddress?: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | ApiStream;
}

/**
 * A body without a known end (watch, log -f). The transport pulls `chunks` and aborts through `cancel`; a consumer that
 * is too slow is the transport's to notice (it stops pulling) and the producer's to bound.
 */
export interface ApiStream {
  readonly chunks: AsyncIterable<string | Uint8Array>;
  /** A long answer in pieces, to be read whole: it may be compressed. */
  readonly isWhole?: boolean;
  /** The same without a promise for each chunk, for transports that serve very many streams. */
  readonly source?: ChunkSource;
  cancel(): void;
}

export interface ChunkSource {
  /** Undefined: nothing at present. */
  take(): string | Uint8Array | undefined;
  /** Nothing will come behind what can be taken now. */
  readonly isOver: boolean;
  /** Called whenever there is something to take again, and at the end. */
  onReady(listener: () => void): void;
}

export interface Identity {
  readonly name: string;
  readonly uid?: string;
  readonly groups: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export type ApiHandler = (request: ApiRequest, identity: Identity) => Promise<ApiResponse>;

/** Messages of the port transport. The identity belongs to the port: the kernel's side fixes it when it is attached. */
export type PortRequest =
  | {
      readonly kind: 'request';
      readonly id: number;
      readonly method: string;
      readonly path: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | Uint8Array;
    }
  | { readonly kind: 'cancel'; readonly id: number }
  /**
   * Sent for every chunk received. The kernel keeps only so many chunks of a stream under way, so that a worker that is
   * stuck cannot fill the memory both live in.
   */
  | { readonly kind: 'taken'; readonly id: number };

export type PortReply =
  | {
      readonly kind: 'response';
      readonly id: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array;
      readonly streaming: boolean;
    }
  | { readonly kind: 'chunk'; readonly id: number; readonly data: string | Uint8Array }
  | { readonly kind: 'end'; readonly id: number };

/**
 * The client's end of the port transport: the part of a MessagePort that is used. In a server's worker it survives a
 * restart of the kernel: requests posted meanwhile wait, those in flight are answered 503, open streams end.
 */
export interface ClientPort {
  postMessage(message: PortRequest): void;
  on(event: 'message', listener: (reply: PortReply) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  on(event: 'messageerror', listener: (error: Error) => void): unknown;
  close(): void;
}
