/** What carries one request to the API and its answer back. `client.ts` is written against this and nothing else. */
export interface TransportRequest {
  readonly method: string;
  /** Path with query string. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Hand the body over as it arrives (watch, log -f). */
  readonly stream: boolean;
  readonly signal?: AbortSignal | undefined;
}

export type TransportResponse =
  | {
      readonly kind: 'complete';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | {
      readonly kind: 'stream';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      /** Leaving the loop cancels the request; a broken connection throws a TransportError out of it. */
      readonly chunks: AsyncIterable<string>;
    };

export interface Transport {
  /** Errors of the API are answers; a TransportError means there was none. Aborting rejects with the signal's reason. */
  send(request: TransportRequest): Promise<TransportResponse>;
  /** Resolves with the reason when the transport can carry nothing any more. Never rejects. */
  readonly closed: Promise<Error>;
  close(): Promise<void>;
}
