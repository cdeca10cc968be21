/** What the api benchmark measures: something with keys and values, reached over its own public protocol. */

export interface Watch {
  cancel(): void;
}

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
  /** A part of the object; undefined where the protocol has no such thing. */
  readonly patch: ((name: string, value: string) => Promise<void>) | undefined;
  /** The list is one answer with everything created so far; gives its size. */
  list(): Promise<number>;
  /** `onEvent` is called with the name of what changed. Resolves when the watch is established. */
  watch(onEvent: (name: string) => void): Promise<Watch>;
  /** Writes of the fan-out's measure: enough to count processor time, few enough to take seconds. */
  readonly busyWrites: number;
  /** Opens this many watches of everything, in the ways the server has; `onEvents` gets the number of new events of one of them. */
  readonly crowds: Readonly<Record<string, (count: number, onEvents: (count: number) => void) => Promise<Watch>>>;
  stop(): Promise<void>;
}
