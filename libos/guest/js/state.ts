// What the glue remembers. It lies in memory and not in globals: the snapshot of an application is the engine's memory and
// nothing else, so that the code of all applications is the same and is linked once.

@unmanaged
export class State {
  runtime: usize;
  context: usize;
  /** Top of the engine's stack at run time. */
  stackTop: usize;
  port: i32;
  /** What a program may hold of a body at once, and how long a body may be. */
  bodyBytes: i64;
  streamBytes: i64;
  /** Values of functions that `libos/js/runtime` registered. */
  /** Called with an exchange: a request; one that was not answered in its turn; one whose peer can take more or has gone. */
  onRequest: usize;
  onDeferred: usize;
  onWritable: usize;
  /** Called with an exchange whose peer has hung up before its answer; one of whose body there is more to read. */
  onGone: usize;
  onReceivable: usize;
  /** Called with an exchange, what the promise of its answer came to, and whether it was rejected. */
  onSettled: usize;
  /** Called with the number of a call to another host and what has happened to it (calls.ts). */
  onCall: usize;
  /** Called without anything: a timer is due; jobs are done and rejections are left. */
  onAlarm: usize;
  onRejectionsLeft: usize;
  /** Called with the exception that ended a turn from outside. */
  onInterrupted: usize;
  /** Called with promise, reason and whether it is handled now. */
  onRejection: usize;
  /** A rejection was told since the last turn ended. */
  hasRejections: bool;
  /** A turn of the program is running. */
  isRunning: bool;
  /** Of streamed responses, in this turn. */
  streamedBytes: i32;
  /**
   * Monotonic nanoseconds after which running code is interrupted; 0: never, -1: the limit counts from when the engine asks first,
   * so that a turn that never makes it ask does not read the clock.
   */
  deadline: i64;
  limitNs: i64;
  /** Eight bytes each: the value `undefined` and the arguments of a call; then the list of their addresses. */
  undefinedValue: i64;
  argument: i64;
  secondArgument: i64;
  thirdArgument: i64;
  argumentList: usize;
  secondInList: usize;
  thirdInList: usize;
  lastContext: usize;
  /** State of `Math.random`, renewed at boot; 0: not found. */
  randomState: usize;
  /** Exchanges: see exchange.ts. */
  exchanges: usize;
  exchangeCapacity: i32;
  freeExchange: i32;
  /** Text of the last exception of the top level; 0: none. */
  failure: usize;
}

export const state = changetype<State>(memory.data(256, 8));
