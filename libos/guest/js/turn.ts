// One turn of the program: a call from outside, then every job it left (HTML §8.1.7.3, "perform a microtask checkpoint"). Whoever
// runs longer than the limit is interrupted with an exception that the program cannot catch.

import {
  call, FALSE, free, freeString, freeValue, getProperty, getString, isJobPending, isString, malloc, newString, runJobs, stringLength, takeException, TRUE, UNDEFINED,
} from "./engine";
import * as os from "./os";
import { State, state } from "./state";

const OBJECT = -1;

// @ts-ignore: decorator
@inline
function addressOf(offset: usize): usize {
  return changetype<usize>(state) + offset;
}

export function prepareArguments(): void {
  state.undefinedValue = UNDEFINED;
  state.argumentList = addressOf(offsetof<State>("argument"));
  state.secondInList = addressOf(offsetof<State>("secondArgument"));
  state.thirdInList = addressOf(offsetof<State>("thirdArgument"));
}

/** What a registered function gives for the first `count` arguments of the state; 0 when it threw, and that was told. */
function resultOf(callee: usize, count: i32): usize {
  const context = state.context;
  const result = call(
    context, callee, addressOf(offsetof<State>("undefinedValue")), count, addressOf(offsetof<State>("argumentList")),
  );
  const exception = takeException(context, result);
  if (exception == 0) return result;
  report(exception);
  freeValue(context, result);
  return 0;
}

/** As `resultOf`; false when it threw. */
function callWith(callee: usize, count: i32): bool {
  const result = resultOf(callee, count);
  if (result != 0) freeValue(state.context, result);
  return result != 0;
}

function limit(): void {
  if (state.limitNs != 0) state.deadline = -1;
}

function beginTurn(): void {
  state.isRunning = true;
  state.streamedBytes = 0;
  limit();
}

function endTurn(): void {
  runAllJobs();
  state.deadline = 0;
  state.isRunning = false;
}

/** As `run`, with another argument. */
export function runWith(callee: usize, value: i32, second: i32): bool {
  beginTurn();
  state.argument = <i64>(<u32>value);
  state.secondArgument = <i64>(<u32>second);
  const isFine = callWith(callee, 2);
  endTurn();
  return isFine;
}

/** A turn of the program that begins with a registered function; false when it threw, and that was told. */
export function run(callee: usize, value: i32): bool {
  beginTurn();
  state.argument = <i64>(<u32>value);
  const isFine = callWith(callee, 1);
  endTurn();
  return isFine;
}

/** The turn of a request: the promise of its answer, or `undefined`, to be freed; 0 when it threw, and that was told. */
export function runRequest(number: i32, method: i32, url: i64): usize {
  beginTurn();
  state.argument = <i64>(<u32>number);
  state.secondArgument = <i64>(<u32>method);
  state.thirdArgument = url;
  const result = resultOf(state.onRequest, 3);
  endTurn();
  return result;
}

/** The turn in which the program learns what the promise of its answer came to; false when it threw, and that was told. */
export function runSettled(number: i32, value: i64, isRejected: bool): bool {
  beginTurn();
  state.argument = <i64>(<u32>number);
  state.secondArgument = value;
  state.thirdArgument = isRejected ? TRUE : FALSE;
  const isFine = callWith(state.onSettled, 3);
  endTurn();
  return isFine;
}

export function runAllJobs(): void {
  do {
    while (isJobPending(state.runtime)) {
      const result = runJobs(state.runtime, -1, addressOf(offsetof<State>("lastContext")));
      // A number of jobs, or what one of them threw past the engine's own handling: it was interrupted.
      if (load<i32>(result, 4) == OBJECT) {
        report(result);
      } else {
        freeValue(state.context, result);
      }
    }
    if (!state.hasRejections) return;
    state.hasRejections = false;
    callWith(state.onRejectionsLeft, 0);
  } while (true);
}

/** From the engine, by its table (bridge/engine-table.wat): a promise was rejected without anybody listening, or is listened to now. */
export function promise_rejected(context: usize, promise: i64, reason: i64, isHandled: i32, opaque: usize): void {
  if (state.onRejection == 0) return;
  state.argument = promise;
  state.secondArgument = reason;
  state.thirdArgument = isHandled == 0 ? FALSE : TRUE;
  state.hasRejections = true;
  callWith(state.onRejection, 3);
}

/** `Name: message` and the stack, with a NUL behind; to be freed. */
export function describe(exception: usize): usize {
  const context = state.context;
  const message = getString(context, exception);
  const key = malloc(6);
  store<u32>(key, 0x63617473);
  store<u16>(key, 0x6b, 4);
  const name = newString(context, key);
  free(key);
  const stackValue = getProperty(context, exception, name);
  freeValue(context, name);
  const stack = isString(stackValue) ? getString(context, stackValue) : 0;
  const messageLength = message == 0 ? 0 : stringLength(message);
  const stackLength = stack == 0 ? 0 : stringLength(stack);
  const block = malloc(messageLength + stackLength + 2);
  memory.copy(block, message, messageLength);
  store<u8>(block + messageLength, 10);
  memory.copy(block + messageLength + 1, stack, stackLength);
  store<u8>(block + messageLength + 1 + stackLength, 0);
  if (message != 0) freeString(context, message);
  if (stack != 0) freeString(context, stack);
  freeValue(context, stackValue);
  freeValue(context, exception);
  return block;
}

export function length(text: usize): i32 {
  let end = text;
  while (load<u8>(end) != 0) end++;
  return <i32>(end - text);
}

/** What ends a turn from outside, told in the program's terms; what the program throws itself never comes here. */
function report(exception: usize): void {
  limit();
  if (state.onInterrupted == 0) {
    const said = describe(exception);
    os.console_write(said, length(said));
    free(said);
    return;
  }
  state.argument = load<i64>(exception);
  const interrupted = state.onInterrupted;
  // A report that is interrupted itself is told as it is.
  state.onInterrupted = 0;
  callWith(interrupted, 1);
  state.onInterrupted = interrupted;
  freeValue(state.context, exception);
}
