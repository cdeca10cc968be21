/** What `diatom dev` and the process that runs the program tell each other. */

export interface Program {
  /** The joined module, with its source map in a comment. */
  readonly code: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the program may hold of a request's body at once, and how long a body may be. */
  readonly bodyBytes: number;
  readonly streamBytes: number;
  /** What it may connect to: `connect` of diatom.json. */
  readonly connect: readonly string[];
}

export type ToRunner =
  | { readonly kind: 'listen'; readonly port: number }
  /** Runs this program from the next request on; what is being answered goes on in the program before. */
  | { readonly kind: 'load'; readonly generation: number; readonly program: Program };

export interface AnsweredRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** 0: the connection ended before there was an answer. */
  readonly status: number;
  readonly durationMs: number;
  /** Whether it was the first that this instance of the program answered. */
  readonly isCold: boolean;
}

export type FromRunner =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'listen-failed'; readonly why: string }
  | { readonly kind: 'loaded'; readonly generation: number }
  /** The top level failed: the program before stays. */
  | { readonly kind: 'load-failed'; readonly generation: number; readonly error: string }
  | { readonly kind: 'console'; readonly text: string }
  | { readonly kind: 'request'; readonly request: AnsweredRequest };
