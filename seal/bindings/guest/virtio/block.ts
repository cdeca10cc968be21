// virtio-blk (virtio 1.2 §5.2): one request at a time, through a buffer. Without the flush feature the device writes through,
// so what was written is kept (§5.2.6.2).

import { address, copy, peek64, peek8, poke32, poke64, poke8, waitForInterrupt } from './machine';
import { acknowledge, BLOCK, configuration, find, foundPin, negotiate, notify, openQueue, run } from './transport';
import { NEXT, offer, publish, setDescriptor, usedPosition, WRITE } from './queue';
import { takePages } from './shared-memory';
import { DENIED, INVALID, REFUSED } from './results';

const READ_ONLY: u32 = 1 << 5;
const IN: u32 = 0;
const OUT: u32 = 1;
const DONE = 0;

const size: u32 = 8;
const sectorBits = 9;
const sectorBytes = 512;
const dataBytes: i32 = 65536;
const headerBytes: u32 = 16;

let registers: i64 = 0;
let missing: bool = false;
let isReadOnly: bool = false;
let sectors: i64 = 0;
let queue: i64 = 0;
/** Request header, then the status byte, in a page of their own. */
let header: i64 = 0;
let data: i64 = 0;
let position: u32 = 0;

function start(): bool {
  if (registers != 0) return true;
  if (missing) return false;
  const found = find(BLOCK);
  if (found == 0) {
    missing = true;
    return false;
  }
  const pin = foundPin;
  registers = found;
  isReadOnly = (negotiate(registers, READ_ONLY) & READ_ONLY) != 0;
  sectors = peek64(configuration(registers));
  queue = openQueue(registers, 0, size);
  header = takePages(headerBytes + 1);
  data = takePages(dataBytes);
  run(registers, pin);
  return true;
}

export function info(ptr: usize): i32 {
  if (!start()) return DENIED;
  store<i64>(ptr, sectors);
  store<u32>(ptr, sectorBytes, 8);
  store<u32>(ptr, isReadOnly ? 1 : 0, 12);
  return 0;
}

/** One request of at most `dataBytes` bytes, which lie in `data`. */
function request(kind: u32, sector: i64, bytes: i32): bool {
  poke32(header, kind);
  poke32(header + 4, 0);
  poke64(header + 8, sector);
  poke8(header + headerBytes, 0xff);
  setDescriptor(queue, 0, header, headerBytes, NEXT, 1);
  setDescriptor(queue, 1, data, bytes, NEXT | (kind == IN ? WRITE : 0), 2);
  setDescriptor(queue, 2, header + headerBytes, 1, WRITE, 0);
  offer(queue, size, position, 0);
  const next = (position + 1) & 0xffff;
  publish(queue, size, next, true);
  notify(registers, 0);
  while (true) {
    acknowledge(registers);
    if (usedPosition(queue, size) == next) break;
    waitForInterrupt();
  }
  position = next;
  return peek8(header + headerBytes) == DONE;
}

/** All of it lies on the device: the sum cannot overflow, since a length has 31 bits. */
function lies(sector: i64, len: i32): bool {
  if (len <= 0 || (len & (sectorBytes - 1)) != 0) return false;
  return sector >= 0 && sector <= sectors && <i64>(len >> sectorBits) <= sectors - sector;
}

export function read(sector: i64, ptr: usize, len: i32): i32 {
  if (!start()) return DENIED;
  if (!lies(sector, len)) return INVALID;
  for (let at = 0; at < len; at += dataBytes) {
    const part = min(len - at, dataBytes);
    if (!request(IN, sector + (at >> sectorBits), part)) return REFUSED;
    copy(address(ptr + at), data, part);
  }
  return len;
}

export function write(sector: i64, ptr: usize, len: i32): i32 {
  if (!start() || isReadOnly) return DENIED;
  if (!lies(sector, len)) return INVALID;
  for (let at = 0; at < len; at += dataBytes) {
    const part = min(len - at, dataBytes);
    copy(data, address(ptr + at), part);
    if (!request(OUT, sector + (at >> sectorBits), part)) return REFUSED;
  }
  return len;
}
