// Requests that are being answered. While the handler runs for the first time the library OS still holds the request, and
// it is read from there; one that is answered later keeps a copy of what the program may still ask for.

import { free, malloc } from "./engine";
import * as os from "./os";
import { state } from "./state";

@unmanaged
export class Exchange {
  /** Names the request together with the slot: what answers late or twice must not answer another one. */
  generation: i32;
  nextFree: i32;
  isOpen: bool;
  /** The connection, once the request is deferred; 0 before. */
  handle: i32;
  isStream: bool;
  fields: usize;
  body: usize;
  bodyLength: i32;
  /** -1: all of the body is here; else how long it will be, -2: nobody knows. */
  bodyToCome: i64;
}

const slotBits = 16;
const slotMask = 0xffff;
const firstCapacity = 16;

function exchangeAt(slot: i32): Exchange {
  return changetype<Exchange>(state.exchanges + slot * offsetof<Exchange>());
}

function grow(): bool {
  const capacity = state.exchangeCapacity == 0 ? firstCapacity : state.exchangeCapacity << 1;
  if (capacity > slotMask) return false;
  const size = capacity * offsetof<Exchange>();
  const larger = malloc(<i32>size);
  if (larger == 0) return false;
  const used = state.exchangeCapacity * offsetof<Exchange>();
  memory.copy(larger, state.exchanges, used);
  memory.fill(larger + used, 0, size - used);
  if (state.exchanges != 0) free(state.exchanges);
  state.exchanges = larger;
  for (let slot = capacity - 1; slot >= state.exchangeCapacity; slot--) {
    exchangeAt(slot).nextFree = state.freeExchange;
    state.freeExchange = slot;
  }
  state.exchangeCapacity = capacity;
  return true;
}

/** The number of a new exchange, -1 when memory is exhausted. */
export function open(): i32 {
  if (state.freeExchange < 0 && !grow()) return -1;
  const slot = state.freeExchange;
  const exchange = exchangeAt(slot);
  state.freeExchange = exchange.nextFree;
  exchange.isOpen = true;
  exchange.handle = 0;
  exchange.isStream = false;
  exchange.fields = 0;
  exchange.body = 0;
  return (exchange.generation << slotBits) | slot;
}

/** Null when it was answered already. */
export function find(number: i32): Exchange | null {
  const slot = number & slotMask;
  if (slot >= state.exchangeCapacity) return null;
  const exchange = exchangeAt(slot);
  return exchange.isOpen && exchange.generation == number >> slotBits ? exchange : null;
}

export function close(number: i32): void {
  const exchange = find(number);
  if (!exchange) return;
  exchange.isOpen = false;
  exchange.generation = (exchange.generation + 1) & 0x7fff;
  if (exchange.fields != 0) free(exchange.fields);
  if (exchange.body != 0) free(exchange.body);
  exchange.nextFree = state.freeExchange;
  state.freeExchange = number & slotMask;
}

/** Header fields as `name\nvalue\n…` with lower-case names, in UTF-8 with every byte of a value as one character, NUL behind. */
export function readFields(): usize {
  const count = os.http_field_count();
  let size = 1;
  for (let i = 0; i < count; i++) size += os.http_field_name_length(i) + 2 * os.http_field_value_length(i) + 2;
  const block = malloc(size);
  if (block == 0) return 0;
  let to = block;
  for (let i = 0; i < count; i++) {
    if (i > 0) store<u8>(to++, 10);
    const nameLength = os.http_field_name_length(i);
    os.http_field_name_read(i, to);
    for (let end = to + nameLength; to < end; to++) {
      const c = load<u8>(to);
      if (c - 65 < 26) store<u8>(to, c | 32);
    }
    store<u8>(to++, 10);
    to = widen(to, i);
  }
  store<u8>(to, 0);
  return block;
}

/** Latin-1 to UTF-8 in place, from the end. */
function widen(to: usize, index: i32): usize {
  os.http_field_value_read(index, to);
  return widenBytes(to, os.http_field_value_length(index));
}

/** The end of `length` bytes of Latin-1 once they are UTF-8; there must be room for twice as many. */
export function widenBytes(to: usize, length: i32): usize {
  let high = 0;
  for (let i = 0; i < length; i++) high += <i32>(load<u8>(to + i) >> 7);
  if (high != 0) {
    let from = to + length - 1;
    let at = to + length + high - 1;
    while (from >= to) {
      const c = load<u8>(from--);
      if (c < 128) {
        store<u8>(at--, c);
      } else {
        store<u8>(at--, (c & 63) | 128);
        store<u8>(at--, (c >> 6) | 192);
      }
    }
  }
  return to + length + high;
}

export function readBody(): usize {
  const block = malloc(max(os.http_body_length(), 1));
  if (block != 0) os.http_body_read(block);
  return block;
}

/** The exchange that is answered over this connection, by a stream or later, -1: none. */
export function exchangeOn(handle: i32): i32 {
  for (let slot = 0; slot < state.exchangeCapacity; slot++) {
    const exchange = exchangeAt(slot);
    if (exchange.isOpen && exchange.handle == handle) return (exchange.generation << slotBits) | slot;
  }
  return -1;
}

/** The request is answered later: the connection waits, and what the library OS holds of it is copied. */
export function defer(exchange: Exchange, gone: i32): void {
  if (exchange.handle != 0) return;
  exchange.fields = readFields();
  exchange.bodyToCome = os.http_body_to_come();
  exchange.bodyLength = os.http_body_length();
  exchange.body = exchange.bodyLength > 0 ? readBody() : 0;
  exchange.handle = os.http_defer(gone);
}
