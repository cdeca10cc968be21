// The functions of `__host`, which libos/js/runtime/host.ts wraps. `numbers` and texts come and go as the engine's values.

import {
  arrayBufferLength, copyArrayBuffer, duplicateValue, FALSE, free, freeString, freeValue, getNumber, getString, integer, isString, isUndefined, isWide,
  malloc, newArrayBuffer, newError, newFunction, newNumber, newString, result, setProperty, stringLength, throwValue, TRUE,
} from "./engine";
import { close, defer, Exchange, find, readBody, readFields, exchangeOn } from "./exchange";
import * as os from "./os";
import { state } from "./state";
import { run } from "./turn";

const WRITE = 0;
const MONOTONIC = 1;
const WALL = 2;
const RANDOM = 3;
const ENCODE = 4;
const DECODE = 5;
const WAKE_AT = 6;
const ENVIRONMENT = 7;
const REGISTER = 8;
const FIELDS = 9;
const BODY = 10;
const RESPOND = 11;
const RESPOND_STREAM = 12;
const PIECE = 13;
const FINISH = 14;
const ABORT = 15;
const IS_OPEN = 16;
const RECEIVE = 17;
const BODY_LIMIT = 18;
/** From here on: calls.ts. */
export const FIRST_OF_CALLS = 19;

const names: StaticArray<string> = [
  "write", "monotonic", "wall", "random", "encode", "decode", "wakeAt", "environment", "register", "fields", "body",
  "respond", "respondStream", "piece", "finish", "abort", "isOpen", "receive",
  "bodyLimit",
];

/** A static string as UTF-8 with a NUL behind, in a block of the caller's. */
export function text(ascii: string): usize {
  const length = ascii.length;
  const block = malloc(length + 1);
  const from = changetype<usize>(ascii);
  for (let i = 0; i <= length; i++) store<u8>(block + i, i == length ? 0 : load<u8>(from + (i << 1)));
  return block;
}

export function setNamed(object: usize, name: string, value: usize): void {
  const key = text(name);
  const keyValue = newString(state.context, key);
  setProperty(state.context, object, keyValue, value);
  freeValue(state.context, keyValue);
  freeValue(state.context, value);
  free(key);
}

/** The engine fills up to so many arguments with `undefined`: whoever reads one that was not given must find that. */
export const parameterCount = 4;

/** Build time only. */
export function defineFunctions(object: usize): void {
  for (let id = 0; id < names.length; id++) {
    const name = text(names[id]);
    setNamed(object, names[id], newFunction(state.context, name, parameterCount, 0, id));
    free(name);
  }
}

/** What a function gives when there is no memory for its result: an exception, never an empty result. */
export function outOfMemory(): usize {
  const error = newError(state.context);
  if (error == 0) unreachable();
  const said = text("out of memory");
  if (said != 0) {
    setNamed(error, "message", newString(state.context, said));
    free(said);
  }
  const thrown = throwValue(state.context, error);
  freeValue(state.context, error);
  return thrown;
}

/** UTF-8 in `block[0 .. length)` as a value; the block is freed. Ends at a NUL. */
function stringOf(block: usize, length: i32): usize {
  if (block == 0) return outOfMemory();
  store<u8>(block + length, 0);
  const value = newString(state.context, block);
  free(block);
  return value;
}

// @ts-ignore: decorator
@inline
export function argument(values: usize, index: i32): usize {
  return values + (index << 3);
}

function write(value: usize): usize {
  const line = getString(state.context, value);
  if (line == 0) return 0;
  os.console_write(line, stringLength(line));
  freeString(state.context, line);
  return 0;
}

function random(length: i32): usize {
  const block = malloc(max(length, 1));
  if (block == 0) return outOfMemory();
  os.entropy_fill(block, length);
  return newArrayBuffer(state.context, block, length);
}

function encode(value: usize): usize {
  const from = getString(state.context, value);
  if (from == 0) return outOfMemory();
  const length = stringLength(from);
  const block = malloc(max(length, 1));
  if (block == 0) {
    freeString(state.context, from);
    return outOfMemory();
  }
  memory.copy(block, from, length);
  freeString(state.context, from);
  return newArrayBuffer(state.context, block, length);
}

/** Text of well-formed UTF-8 up to the first NUL: the wrapper takes care of both. */
function decode(buffer: usize, offset: i32, length: i32): usize {
  const size = arrayBufferLength(state.context, buffer);
  if (<u32>offset > <u32>size || <u32>length > <u32>(size - offset)) return 0;
  const bytes = copyArrayBuffer(state.context, buffer);
  if (bytes == 0 && size > 0) return outOfMemory();
  const block = malloc(length + 1);
  if (block != 0) memory.copy(block, bytes + offset, length);
  free(bytes);
  return stringOf(block, length);
}

function environment(): usize {
  const length = os.environment_size();
  const block = malloc(max(length, 1));
  if (block == 0) return outOfMemory();
  return newArrayBuffer(state.context, block, os.environment_read(block, length));
}

function wakeAt(value: usize): void {
  const milliseconds = getNumber(state.context, value);
  const fire = (_first: i32, _second: i32): void => onAlarm();
  // Above what an i64 holds stands for never.
  os.timer_arm(fire.index, milliseconds < 9e12 ? <i64>(ceil<f64>(milliseconds * 1e6)) : i64.MAX_VALUE);
}

function onAlarm(): void {
  run(state.onAlarm, 0);
}

const schemeLength = 7;

const hostName = memory.data<u8>([104, 111, 115, 116]);

/** `http://` Host target; a request without Host field is told to be for localhost. An exception when there is no memory for it. */
export function url(): usize {
  const field = os.http_field_find(0, hostName, 4);
  const hostLength = field < 0 ? 9 : os.http_field_value_length(field);
  const targetLength = os.http_target_length();
  const length = schemeLength + hostLength + targetLength;
  const block = malloc(length + 1);
  if (block == 0) return outOfMemory();
  store<u64>(block, 0x2f2f3a70747468);
  const host = block + schemeLength;
  if (field < 0) {
    store<u64>(host, 0x736f686c61636f6c);
    store<u8>(host, 116, 8);
  } else {
    os.http_field_value_read(field, host);
  }
  os.http_target_read(host + hostLength);
  return stringOf(block, length);
}

function fields(exchange: Exchange): usize {
  if (exchange.handle != 0) return exchange.fields == 0 ? outOfMemory() : newString(state.context, exchange.fields);
  const block = readFields();
  if (block == 0) return outOfMemory();
  const value = newString(state.context, block);
  free(block);
  return value;
}

/** Undefined when there is none; how long it will be (-2: nobody knows) when there is more of it to come. */
function body(exchange: Exchange): usize {
  const toCome = exchange.handle == 0 ? os.http_body_to_come() : exchange.bodyToCome;
  if (toCome != -1) return newNumber(state.context, <f64>toCome);
  if (exchange.handle == 0) {
    const length = os.http_body_length();
    if (length == 0) return 0;
    const block = readBody();
    return block == 0 ? outOfMemory() : newArrayBuffer(state.context, block, length);
  }
  if (exchange.bodyLength == 0) return 0;
  const block = exchange.body;
  exchange.body = 0;
  return block == 0 ? outOfMemory() : newArrayBuffer(state.context, block, exchange.bodyLength);
}

/** receive(exchange): the next bytes, or what `http_receive` says. */
function receive(number: i32, exchange: Exchange): usize {
  const count = os.http_receive(exchange.handle);
  if (count <= 0) return result(<i64>(<u32>count));
  const block = malloc(count);
  if (block != 0) {
    os.http_take(block);
    return newArrayBuffer(state.context, block, count);
  }
  // A body that lacks a part is none.
  deferExchange(exchange);
  os.http_abort(exchange.handle);
  close(number);
  return outOfMemory();
}

/** There is more to read of a request's body, or there never will be. */
export function onReceivable(handle: i32): void {
  const number = exchangeOn(handle);
  if (number >= 0 && !state.isRunning) run(state.onReceivable, number);
}

/** Makes the connection the one that the library OS answers; false when the peer has gone. */
function begin(exchange: Exchange): bool {
  return exchange.handle == 0 || os.http_resume(exchange.handle) != 0;
}

/** respond(exchange, status, fields, body?: string | ArrayBuffer); 500 where there is no memory left for the response. */
function respond(number: i32, exchange: Exchange, values: usize): void {
  if (begin(exchange)) {
    const context = state.context;
    const status = integer(context, argument(values, 1));
    const head = getString(context, argument(values, 2));
    const source = argument(values, 3);
    if (head == 0) {
      fail();
    } else if (isUndefined(source)) {
      os.http_respond(status, 0, head, stringLength(head), 0, 0, 0);
    } else if (isString(source)) {
      const text = getString(context, source);
      if (text == 0) {
        fail();
      } else {
        const textLength = stringLength(text);
        if (isWide(source)) replaceLoneSurrogates(text, textLength);
        os.http_respond(status, 0, head, stringLength(head), text, textLength, 0);
        freeString(context, text);
      }
    } else {
      const length = arrayBufferLength(context, source);
      const bytes = copyArrayBuffer(context, source);
      if (bytes == 0 && length > 0) fail();
      else os.http_respond(status, 0, head, stringLength(head), bytes, length, 0);
      free(bytes);
    }
    if (head != 0) freeString(context, head);
    if (exchange.handle != 0) os.http_complete(exchange.handle, 0);
  }
  close(number);
}

/**
 * Surrogates without their other half come out of the engine as UTF-8 would have them, three bytes from ED A0 80 on: U+FFFD is as
 * long. The text is not the engine's own when it is wide.
 */
function replaceLoneSurrogates(text: usize, length: i32): void {
  const end = text + length;
  for (let at = text; at < end; at++) {
    if (load<u8>(at) == 0xed && load<u8>(at, 1) >= 0xa0) {
      store<u16>(at, 0xbfef);
      store<u8>(at, 0xbd, 2);
    }
  }
}

function fail(): void {
  os.http_respond(500, 0, 0, 0, 0, 0, 0);
}

/** The answer comes later. */
export function deferExchange(exchange: Exchange): void {
  const gone = (handle: i32, _isGone: i32): void => onGone(handle);
  defer(exchange, gone.index);
}

/** Whoever asked has hung up before the answer. It can still be written: some only shut their own side down. */
function onGone(handle: i32): void {
  const number = exchangeOn(handle);
  if (number >= 0 && !state.isRunning) run(state.onGone, number);
}

/** respondStream(exchange, status, fields): false when nobody wants a body. */
function respondStream(number: i32, exchange: Exchange, values: usize): bool {
  // Within the turn of the request too: from here on it is answered in pieces.
  deferExchange(exchange);
  if (!begin(exchange)) {
    close(number);
    return false;
  }
  const context = state.context;
  const head = getString(context, argument(values, 2));
  if (head == 0) {
    fail();
    os.http_complete(exchange.handle, 0);
    close(number);
    return false;
  }
  const pull = (handle: i32, isGone: i32): void => onPull(handle, isGone);
  const status = integer(context, argument(values, 1));
  const stream = os.http_respond_stream(status, 0, head, stringLength(head), pull.index);
  freeString(context, head);
  exchange.isStream = stream != 0;
  if (os.http_complete(exchange.handle, 0) >= 0 && stream != 0) return true;
  close(number);
  return false;
}

/** The peer can take more of a response, or has gone. */
function onPull(handle: i32, isGone: i32): void {
  const number = exchangeOn(handle);
  if (isGone == 0) os.http_pause();
  if (number < 0) return;
  if (isGone != 0) close(number);
  // In the midst of a turn the program learns it from the result of its call.
  if (!state.isRunning) run(state.onWritable, number);
}

/** One turn streams this much to peers that take it as fast as it comes; others have theirs in between. */
const streamedPerTurn: i32 = 256 * 1024;

/** piece(exchange, ArrayBuffer): more than 0 when the program is to wait for `onWritable`, -1 when the peer has gone. */
function piece(number: i32, exchange: Exchange, source: usize): i32 {
  const length = arrayBufferLength(state.context, source);
  const bytes = copyArrayBuffer(state.context, source);
  const isLost = bytes == 0 && length > 0;
  if (isLost) os.http_abort(exchange.handle);
  if (isLost || !begin(exchange)) {
    free(bytes);
    close(number);
    return -1;
  }
  os.http_piece(bytes, length);
  free(bytes);
  state.streamedBytes += length;
  const isEnough = state.streamedBytes >= streamedPerTurn;
  const behind = os.http_complete(exchange.handle, isEnough ? 1 : 0);
  if (behind < 0) close(number);
  return behind == 0 && isEnough ? 1 : behind;
}

function finish(number: i32, exchange: Exchange): void {
  if (begin(exchange)) {
    os.http_finish();
    os.http_complete(exchange.handle, 0);
  }
  close(number);
}

function register(values: usize): void {
  const context = state.context;
  state.onRequest = duplicateValue(context, argument(values, 0));
  state.onDeferred = duplicateValue(context, argument(values, 1));
  state.onWritable = duplicateValue(context, argument(values, 2));
  state.onAlarm = duplicateValue(context, argument(values, 3));
  state.onRejection = duplicateValue(context, argument(values, 4));
  state.onRejectionsLeft = duplicateValue(context, argument(values, 5));
  state.onInterrupted = duplicateValue(context, argument(values, 6));
  state.onGone = duplicateValue(context, argument(values, 7));
  state.onReceivable = duplicateValue(context, argument(values, 8));
  state.onSettled = duplicateValue(context, argument(values, 9));
}

/** Called by the engine for every call of a function that `newFunction` made; gives the address of an owned result or 0. */
export function call_function(context: usize, self: usize, count: i32, values: usize, id: i32): usize {
  switch (id) {
    case WRITE: return write(argument(values, 0));
    case MONOTONIC: return newNumber(context, <f64>os.clock_monotonic() / 1e6);
    case WALL: return newNumber(context, <f64>os.clock_wall() / 1e6);
    case RANDOM: return random(integer(context, argument(values, 0)));
    case ENCODE: return encode(argument(values, 0));
    case DECODE: return decode(argument(values, 0), integer(context, argument(values, 1)), integer(context, argument(values, 2)));
    case WAKE_AT: {
      wakeAt(argument(values, 0));
      return 0;
    }
    case ENVIRONMENT: return environment();
    case REGISTER: {
      register(values);
      return 0;
    }
    case BODY_LIMIT: return newNumber(context, <f64>state.bodyBytes);
  }
  const number = integer(context, argument(values, 0));
  const exchange = find(number);
  if (!exchange) {
    if (id == IS_OPEN || id == RESPOND_STREAM) return result(FALSE);
    return id == PIECE ? result(<i64>(<u32>-1)) : id == RECEIVE ? result(<i64>(<u32>os.CLOSED)) : 0;
  }
  switch (id) {
    case FIELDS: return fields(exchange);
    case BODY: return body(exchange);
    case IS_OPEN: return result(TRUE);
    case RECEIVE: return receive(number, exchange);
    case RESPOND: {
      respond(number, exchange, values);
      return 0;
    }
    case RESPOND_STREAM: return result(respondStream(number, exchange, values) ? TRUE : FALSE);
    case PIECE: return result(<i64>(<u32>piece(number, exchange, argument(values, 1))));
    case FINISH: {
      finish(number, exchange);
      return 0;
    }
    case ABORT: {
      os.http_abort(exchange.handle);
      close(number);
      return 0;
    }
  }
  return 0;
}
