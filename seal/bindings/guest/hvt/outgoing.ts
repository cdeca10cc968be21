// Outgoing connections in the `hvt` target (docs/hvt.md): asked of the monitor, which gives a handle at once; from then on they
// are connections like those that were accepted.

import * as linux from "./linux";
import { clock_monotonic } from "./clock";
import {
  adopt,
  AGAIN,
  CLOSED,
  clearFlag,
  entryOf,
  firstHandle,
  FLAGS,
  INVALID,
  isInMemory,
  isOpen,
  setFlag,
  sock_close as closeAny,
  sock_receive as receiveAny,
  sock_send as sendAny,
} from "./connections";
import { askReason, connectTo, connectText } from "./hypercalls";

const DENIED = -4;
const WRITABLE: u32 = 2;
const HANGUP: u32 = 4;
/** Word of the boot block: 1 when there may be outgoing connections. */
const REQUESTS = 6;
const longestTarget: i32 = 300;

// Beside the flags of connections.ts.
const IS_OUTGOING = 16;
const IS_CONNECTING = 32;

/** Handles that are not closed. */
export let openOutgoing: i32 = 0;
/** When one was used last. */
export let lastUse: i64 = 0;

export function sock_connect(ptr: usize, len: i32): i32 {
  if (len <= 0 || len > longestTarget || !isInMemory(ptr, len)) return INVALID;
  if (linux.boot(REQUESTS) == 0) return DENIED;
  for (let i = 0; i < len; i++) linux.poke8(connectText + <i64>i, load<u8>(ptr + i));
  const handle = connectTo(len);
  if (handle < firstHandle) return handle;
  adopt(handle);
  setFlag(entryOf(handle), IS_OUTGOING | IS_CONNECTING);
  openOutgoing++;
  lastUse = clock_monotonic();
  return handle;
}

/** Null flags: not open, or accepted. */
function flagsOf(handle: i32): i32 {
  return openOutgoing > 0 && isOpen(handle) ? linux.peek8(entryOf(handle) + FLAGS) : 0;
}

function isOutgoing(handle: i32): bool {
  return (flagsOf(handle) & IS_OUTGOING) != 0;
}

/** A failure says that it has room, too: what has never been connected is not reported so. */
export function correctRecords(ptr: usize, count: i32): void {
  if (openOutgoing == 0) return;
  for (let i = 0; i < count; i++) {
    const record = ptr + (<usize>i << 3);
    const handle = load<i32>(record);
    if ((flagsOf(handle) & IS_CONNECTING) == 0) continue;
    const ready = load<u32>(record, 4);
    if ((ready & HANGUP) != 0) store<u32>(record, ready & ~WRITABLE, 4);
    clearFlag(entryOf(handle), IS_CONNECTING);
  }
}

function reasonOf(handle: i32, result: i32): i32 {
  return result == CLOSED ? askReason(handle) : result;
}

export function sock_receive(handle: i32, ptr: usize, len: i32): i32 {
  const result = receiveAny(handle, ptr, len);
  if (!isOutgoing(handle)) return result;
  lastUse = clock_monotonic();
  return reasonOf(handle, result);
}

export function sock_send(handle: i32, ptr: usize, len: i32): i32 {
  const flags = flagsOf(handle);
  if ((flags & IS_OUTGOING) == 0) return sendAny(handle, ptr, len);
  lastUse = clock_monotonic();
  return (flags & IS_CONNECTING) != 0 ? AGAIN : reasonOf(handle, sendAny(handle, ptr, len));
}

export function sock_close(handle: i32): i32 {
  if (isOutgoing(handle)) openOutgoing--;
  return closeAny(handle);
}
