/** What the api benchmark measures: something with keys and values, reached over its own public protocol. */

export interface KeyValueServer {
  readonly name: string;
  readonly version: string;
  /** Process whose tree is weighed. */
  readonly pid: number;
  /** Spawn to ready, in milliseconds. */
  readonly readyMs: number;
  create(name: string, value: string): Promise<void>;
  get(name: string): Promise<void>;
  update(name: string, value: string): Promise<void>;
  /** The list is one answer with everything created so far. */
  list(): Promise<void>;
  /** `onEvent` is called with the name of what changed. Resolves when the watch is established. */
  watch(onEvent: (name: string) => void): Promise<{ cancel(): void }>;
  stop(): Promise<void>;
}
