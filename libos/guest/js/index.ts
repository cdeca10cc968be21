// A JavaScript application: the engine with the program's state after its top level has run, fed with requests.

import {
  blockSizeIndex, blockSizeOffset, construct, enableInterruptHandler, evaluateText, contextCell, formerFreeCell, free, freeIndex, freeOffset, freeValue, FULFILLED, globalObject, interruptHandlerOffset, isString, MODULE, newContext, newObject,
  newRuntime, promiseResult, promiseState, REJECTED, rejectionTrackerAfterInterruptHandler, rejectionTrackerIndex, setMaxStackSize, setMemoryLimit, stackRestore,
  takeException,
} from "./engine";
import { close, find, open } from "./exchange";
import { deferExchange, defineFunctions, onReceivable, setNamed, text, url } from "./functions";
import * as os from "./os";
import { state } from "./state";
import { describe, prepareArguments, run, runAllJobs, runRequest, runSettled } from "./turn";

export { malloc as allocate } from "./engine";
export { call_function } from "./functions";
export { promise_rejected } from "./turn";
export {
  abort_engine, assert_fail, clock_time_get, date_now, environ_get, environ_sizes_get, fd_close, fd_seek, fd_write, free_host_reference,
  keepalive_clear, load_module, localtime, normalize_module, process_exit, resize_heap, set_timer, should_interrupt, tzset,
} from "./host";

const connectionLimit: i32 = 4096;
const headTimeoutMs: i32 = 10_000;
const bodyTimeoutMs: i32 = 60_000;
const idleTimeoutMs: i32 = 60_000;

/** Build time: start the engine on a stack that the caller chose, with a heap that ends before it. */
export function prepare(stackTop: usize, stackBytes: i32, heapBytes: i32): void {
  stackRestore(stackTop);
  construct();
  state.runtime = newRuntime();
  setMaxStackSize(state.runtime, stackBytes);
  setMemoryLimit(state.runtime, heapBytes);
  store<u32>(formerFreeCell, load<u32>(state.runtime + freeOffset));
  store<u32>(state.runtime + freeOffset, freeIndex);
  store<u32>(state.runtime + blockSizeOffset, blockSizeIndex);
  state.context = newContext(state.runtime, 0);
  store<u32>(contextCell, state.context);
  state.freeExchange = -1;
  prepareArguments();
  enableInterruptHandler(state.runtime);
  const interruptHandler = state.runtime + interruptHandlerOffset;
  const tracker = interruptHandler + rejectionTrackerAfterInterruptHandler;
  if (load<u32>(interruptHandler) == 0 || load<u32>(tracker) != 0) unreachable();
  store<u32>(tracker, rejectionTrackerIndex);
  const functions = newObject(state.context);
  defineFunctions(functions);
  const global = globalObject(state.context);
  setNamed(global, "__host", functions);
  freeValue(state.context, global);
}

/**
 * Build time: run a module or (flags 0) a script. 0: done, 1: threw, 2: still waits for something. What it threw, or the
 * string a script comes to, is in `failure`.
 */
export function evaluate(code: usize, codeLength: i32, fileName: usize, flags: i32): i32 {
  const context = state.context;
  if (state.failure != 0) free(state.failure);
  state.failure = 0;
  const value = evaluateText(context, code, codeLength, fileName, 0, flags);
  const exception = takeException(context, value);
  if (exception != 0) {
    state.failure = describe(exception);
    return 1;
  }
  if ((flags & MODULE) == 0) {
    state.failure = describe(value);
    return 0;
  }
  runAllJobs();
  const progress = promiseState(context, value);
  if (progress == 2) {
    state.failure = describe(promiseResult(context, value));
    return 1;
  }
  freeValue(context, value);
  return progress == 0 ? 2 : 0;
}

/** Build time: what is said once the top level is done. */
export function finish(
  stackTop: usize, maximumStackBytes: i32, port: i32, limitMs: i32, bodyBytes: f64, streamBytes: f64, randomState: usize,
): void {
  if (state.failure != 0) free(state.failure);
  state.failure = 0;
  state.stackTop = stackTop;
  state.port = port;
  state.bodyBytes = <i64>bodyBytes;
  state.streamBytes = <i64>streamBytes;
  state.limitNs = <i64>limitMs * 1_000_000;
  state.randomState = randomState;
  setMaxStackSize(state.runtime, maximumStackBytes);
  // From here on the size of the memory is the limit.
  setMemoryLimit(state.runtime, -1);
}

/** Build time: for what is linked beside this glue. */
export function engine_context(): usize {
  return state.context;
}

/** Build time: text of what the last evaluation came to. */
export function failure_text(): usize {
  return state.failure;
}

function onRequest(): void {
  const number = open();
  if (number < 0) {
    os.http_respond(503, 0, 0, 0, 0, 0, 0);
    return;
  }
  const address = url();
  if (!isString(address)) {
    freeValue(state.context, takeException(state.context, address));
    failRequest(number);
    return;
  }
  const promise = runRequest(number, os.http_method(), load<i64>(address));
  freeValue(state.context, address);
  const isFine = promise != 0 && settle(number, promise);
  if (promise != 0) freeValue(state.context, promise);
  const exchange = find(number);
  if (!exchange || exchange.handle != 0) return;
  if (isFine) {
    deferExchange(exchange);
    run(state.onDeferred, number);
  } else {
    failRequest(number);
  }
}

/** Tells the program what the promise of its answer came to, when it is settled; false when it threw then. */
function settle(number: i32, promise: usize): bool {
  const exchange = find(number);
  if (!exchange || exchange.handle != 0) return true;
  const progress = promiseState(state.context, promise);
  if (progress != FULFILLED && progress != REJECTED) return true;
  const value = promiseResult(state.context, promise);
  const isFine = runSettled(number, load<i64>(value), progress == REJECTED);
  freeValue(state.context, value);
  return isFine;
}

function failRequest(number: i32): void {
  os.http_respond(500, 0, 0, 0, 0, 0, 0);
  close(number);
}

export function start_application(): void {
  stackRestore(state.stackTop);
  if (state.randomState != 0) store<i64>(state.randomState, os.entropy_word() | 1);
  const handler = (_index: i32, _unused: i32): void => onRequest();
  const index = os.http_listen(
    state.port, handler.index, 0, connectionLimit, headTimeoutMs, bodyTimeoutMs, idleTimeoutMs,
  );
  const receivable = (handle: i32, _isGone: i32): void => onReceivable(handle);
  if (index >= 0) {
    os.http_stream_bodies(state.streamBytes, receivable.index);
    return;
  }
  const said = text("error: the application cannot listen on its port\n");
  os.console_write(said, 50);
  os.exit(1);
}
