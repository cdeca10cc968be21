// What the glue remembers. It lies in memory and not in globals: the snapshot of an application is the engine's memory and
// nothing else, so that the code of all applications is the same and is linked once.

@unmanaged
export class State {
  runtime: usize;
  context: usize;
  /** Top of the engine's stack at run time. */
  stackTop: usize;
  port: i32;
  /** Values of functions that `libos/js/runtime` registered. */
  onRequest: usize;
  onAlarm: usize;
  onWritable: usize;
  /** Monotonic nanoseconds after which running code is interrupted. */
  deadline: i64;
  limitNs: i64;
  /** Eight bytes each: the value `undefined` and the argument of a call; then the list of one argument. */
  undefinedValue: i64;
  argument: i64;
  argumentList: usize;
  lastContext: usize;
  /** State of `Math.random`, renewed at boot; 0: not found. */
  randomState: usize;
  /** Exchanges: see exchange.ts. */
  exchanges: usize;
  exchangeCapacity: i32;
  freeExchange: i32;
  /** Slot of the request that is being dispatched, -1 outside. */
  current: i32;
  /** Text of the last exception of the top level; 0: none. */
  failure: usize;
}

export const state = changetype<State>(memory.data(128, 8));
