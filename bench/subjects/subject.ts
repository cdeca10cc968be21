/** Something that is measured: a server that answers `GET /` on 127.0.0.1:port with 200 and a short text. */

export interface Subject {
  readonly name: string;
  /** Makes everything that is not part of a start (builds, installs, configurations) and says how to start. */
  prepare(directory: string): Promise<Prepared>;
}

export type Prepared =
  | { readonly kind: 'ready'; readonly version: string; command(port: number): Promise<ServerCommand> }
  | { readonly kind: 'skipped'; readonly why: string };

export interface ServerCommand {
  readonly program: string;
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export const answerText = 'hello\n';
