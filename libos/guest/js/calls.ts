// Requests to other hosts: the functions of `__host` that libos/js/runtime/calls.ts stands on. Only images whose program names
// `fetch` have them (with-client.ts). A call has a number of the same kind as an exchange.

import {
  arrayBufferLength, copyArrayBuffer, duplicateValue, FALSE, free, freeString, freeValue, getProperty, getString, globalObject, integer, malloc,
  newArrayBuffer, newFunction, newString, result, stringLength, TRUE,
} from "./engine";
import { close, Exchange, find, open, readFields, widenBytes } from "./exchange";
import { argument, call_function as otherFunction, FIRST_OF_CALLS, outOfMemory, parameterCount, setNamed, text } from "./functions";
import { closeInflate, giveOutput, openInflate, pull, push } from "./inflate";
import { Inflate } from "./inflate-codes";
import * as os from "./os";
import { state } from "./state";
import { length, runWith } from "./turn";

const CALL = 0;
const CALL_PIECE = 1;
const CALL_FINISH = 2;
const CALL_CANCEL = 3;
const CALL_HEAD = 4;
const CALL_BODY = 5;
const CALL_RECEIVE = 6;
const REGISTER_CALLS = 7;
const INFLATE_OPEN = 8;
const INFLATE_PUSH = 9;
const INFLATE_PULL = 10;

const names: StaticArray<string> = [
  "call", "callPiece", "callFinish", "callCancel", "callHead", "callBody", "callReceive", "registerCalls", "inflateOpen", "inflatePush",
  "inflatePull", "inflateClose",
];

/** Events of the client (guest/os/http/client.ts), as `onCall` is told them; the third is that it can go on. */
const EVENT_HEAD = 0;
const EVENT_FAILED = 2;

/** Build time: behind the other functions of `__host`. */
export function defineCalls(): void {
  const global = globalObject(state.context);
  const key = text("__host");
  const name = newString(state.context, key);
  const functions = getProperty(state.context, global, name);
  for (let at = 0; at < names.length; at++) {
    const ascii = text(names[at]);
    setNamed(functions, names[at], newFunction(state.context, ascii, parameterCount, 0, FIRST_OF_CALLS + at));
    free(ascii);
  }
  freeValue(state.context, functions);
  freeValue(state.context, name);
  free(key);
  freeValue(state.context, global);
}

/** UTF-8 of characters up to U+00FF to one byte each, in place. */
function narrow(block: usize, size: i32): i32 {
  let to = 0;
  for (let at = 0; at < size; at++) {
    const c = load<u8>(block + at);
    if (c < 128) store<u8>(block + to++, c);
    else store<u8>(block + to++, <u8>(c << 6) | (load<u8>(block + ++at) & 63));
  }
  return to;
}

/** call(address, head, flags): its number, or what the machine says. */
function call(values: usize): i32 {
  const context = state.context;
  const address = getString(context, argument(values, 0));
  const head = getString(context, argument(values, 1));
  const number = address == 0 || head == 0 ? -1 : open();
  let outcome = os.LIMIT;
  const exchange = find(number);
  if (number >= 0 && exchange) {
    const size = stringLength(head);
    const block = malloc(max(size, 1));
    if (block != 0) {
      memory.copy(block, head, size);
      const onEvent = (tag: i32, event: i32): void => onClientEvent(tag, event);
      outcome = os.client_send(
        address, stringLength(address), block, narrow(block, size), integer(context, argument(values, 2)), onEvent.index, number,
      );
      free(block);
    }
    exchange.handle = outcome;
    exchange.isStream = false;
    if (outcome < 0) close(number);
    else outcome = number;
  }
  if (address != 0) freeString(context, address);
  if (head != 0) freeString(context, head);
  return outcome;
}

/** `status reason\nname\nvalue\n…`, as `readFields`. */
function readHead(): usize {
  const fields = readFields();
  if (fields == 0) return 0;
  const reasonLength = os.client_reason_length();
  const fieldsLength = length(fields);
  const block = malloc(4 + 2 * reasonLength + 1 + fieldsLength + 1);
  if (block != 0) {
    const status = os.client_status();
    store<u8>(block, <u8>(48 + status / 100));
    store<u8>(block, <u8>(48 + (status / 10) % 10), 1);
    store<u8>(block, <u8>(48 + status % 10), 2);
    store<u8>(block, 32, 3);
    os.client_reason_read(block + 4);
    const end = widenBytes(block + 4, reasonLength);
    store<u8>(end, 10);
    memory.copy(end + 1, fields, fieldsLength + 1);
  }
  free(fields);
  return block;
}

/** A response that has come whole needs its connection no more. */
function takeWhole(exchange: Exchange): bool {
  exchange.bodyToCome = -1;
  exchange.bodyLength = os.client_receive(exchange.handle);
  if (exchange.bodyLength <= 0) return true;
  exchange.body = malloc(exchange.bodyLength);
  if (exchange.body == 0) return false;
  os.http_take(exchange.body);
  os.client_receive(exchange.handle);
  return true;
}

function onClientEvent(number: i32, event: i32): void {
  const exchange = find(number);
  if (!exchange) return;
  const handle = exchange.handle;
  const kind = event & 255;
  let told = event;
  let isOver = kind == EVENT_FAILED;
  if (kind == EVENT_HEAD) {
    exchange.fields = readHead();
    exchange.bodyToCome = -2;
    isOver = os.client_is_whole(handle);
    if (exchange.fields == 0 || (isOver && !takeWhole(exchange))) {
      os.client_cancel(handle);
      isOver = true;
      told = EVENT_FAILED | (-os.LIMIT << 8);
    }
  }
  runWith(state.onCall, number, told);
  if (isOver) close(number);
}

/** callBody(call), when the head has come: all of the body, undefined when there is none, -2 when it is received bit by bit. */
function callBody(exchange: Exchange): usize {
  if (exchange.bodyToCome != -1) return result(<i64>(<u32>-2));
  if (exchange.body == 0) return 0;
  const block = exchange.body;
  exchange.body = 0;
  return newArrayBuffer(state.context, block, exchange.bodyLength);
}

/** callReceive(call): the next bytes, or what `client_receive` says. */
function receive(number: i32, exchange: Exchange): usize {
  const count = os.client_receive(exchange.handle);
  if (count > 0) {
    const block = malloc(count);
    if (block != 0) {
      os.http_take(block);
      return newArrayBuffer(state.context, block, count);
    }
    os.client_cancel(exchange.handle);
  }
  if (count != os.AGAIN) close(number);
  return count > 0 ? outOfMemory() : result(<i64>(<u32>count));
}

/** callPiece(call, ArrayBuffer): more than 0 when the program is to wait for room, -1 when the peer takes no more. */
function piece(number: i32, exchange: Exchange, source: usize): i32 {
  const size = arrayBufferLength(state.context, source);
  const bytes = copyArrayBuffer(state.context, source);
  if (bytes == 0 && size > 0) {
    os.client_cancel(exchange.handle);
    close(number);
    return -1;
  }
  const behind = os.client_piece(exchange.handle, bytes, size);
  free(bytes);
  return behind;
}

/** inflateOpen(1 for gzip, 0 for deflate): what the others are given, 0 when there is no memory. */
function inflateOpen(isGzip: i32): usize {
  return result(<i64>changetype<usize>(openInflate(isGzip != 0)));
}

/** inflatePush(state, ArrayBuffer): false when there is no memory. */
function inflatePush(stream: Inflate, source: usize): bool {
  const size = arrayBufferLength(state.context, source);
  const bytes = copyArrayBuffer(state.context, source);
  if (bytes == 0) return size == 0;
  if (push(stream, bytes, size)) return true;
  free(bytes);
  return false;
}

/** inflatePull(state): bytes, or what `pull` says. */
function inflatePull(stream: Inflate): usize {
  const count = pull(stream);
  if (count <= 0) return result(<i64>(<u32>count));
  const block = malloc(count);
  if (block == 0) return outOfMemory();
  giveOutput(stream, block);
  return newArrayBuffer(state.context, block, count);
}

function inflate(which: i32, values: usize): usize {
  const handle = integer(state.context, argument(values, 0));
  if (which == INFLATE_OPEN) return inflateOpen(handle);
  const stream = changetype<Inflate>(<usize>handle);
  if (which == INFLATE_PULL) return inflatePull(stream);
  if (which == INFLATE_PUSH) return result(inflatePush(stream, argument(values, 1)) ? TRUE : FALSE);
  // inflateClose
  closeInflate(stream);
  return 0;
}

export function call_function(context: usize, self: usize, count: i32, values: usize, id: i32): usize {
  if (id < FIRST_OF_CALLS) return otherFunction(context, self, count, values, id);
  if (id - FIRST_OF_CALLS == CALL) return result(<i64>(<u32>call(values)));
  if (id - FIRST_OF_CALLS == REGISTER_CALLS) {
    state.onCall = duplicateValue(context, argument(values, 0));
    return 0;
  }
  if (id - FIRST_OF_CALLS >= INFLATE_OPEN) return inflate(id - FIRST_OF_CALLS, values);
  const number = integer(context, argument(values, 0));
  const exchange = find(number);
  if (!exchange) return result(<i64>(<u32>(id - FIRST_OF_CALLS == CALL_RECEIVE ? os.CLOSED : -1)));
  switch (id - FIRST_OF_CALLS) {
    case CALL_PIECE: return result(<i64>(<u32>piece(number, exchange, argument(values, 1))));
    case CALL_FINISH: {
      os.client_finish(exchange.handle);
      return 0;
    }
    case CALL_CANCEL: {
      os.client_cancel(exchange.handle);
      close(number);
      return 0;
    }
    case CALL_HEAD: return newString(context, exchange.fields);
    case CALL_BODY: return callBody(exchange);
    case CALL_RECEIVE: return receive(number, exchange);
  }
  return 0;
}
