/**
 * A guest in place of an image and its bindings: it has the intrinsics that bindings have and does with them what it likes.
 * The environment says what: `ATTACK=name`, `SEED=number`, `ROUNDS=number`.
 */

// @ts-ignore: decorators of AssemblyScript
@external('linux', 'memory_base') declare function memoryBase(): i64;
// @ts-ignore
@external('linux', 'boot') declare function boot(word: i32): i64;
// @ts-ignore
@external('linux', 'peek8') declare function peek8(address: i64): i32;
// @ts-ignore
@external('linux', 'peek32') declare function peek32(address: i64): i32;
// @ts-ignore
@external('linux', 'peek64') declare function peek64(address: i64): i64;
// @ts-ignore
@external('linux', 'poke8') declare function poke8(address: i64, value: i32): void;
// @ts-ignore
@external('linux', 'poke32') declare function poke32(address: i64, value: i32): void;
// @ts-ignore
@external('linux', 'poke64') declare function poke64(address: i64, value: i64): void;
// @ts-ignore
@external('linux', 'out32') declare function out32(port: i32, value: i32): void;

// docs/hvt.md
const WAIT = 0x10;
const FLUSH = 0x11;
const GROW = 0x12;
const EXIT = 0x13;
const ENTROPY = 0x14;
const RECEIVE = 0x15;
const CONNECT = 0x16;
const shared: i64 = 0x4000_0000;
const deadline: i64 = shared;
const commandHead: i64 = shared + 0x08;
const eventHead: i64 = shared + 0x10;
const eventTail: i64 = shared + 0x14;
const consoleHead: i64 = shared + 0x18;
const receiveHandle: i64 = shared + 0x28;
const receiveLength: i64 = shared + 0x2c;
const growMemory: i64 = shared + 0x30;
const growBytes: i64 = shared + 0x38;
const growResult: i64 = shared + 0x40;
const clockMonotonic: i64 = shared + 0x50;
const connectHandle: i64 = shared + 0x68;
const connectLength: i64 = shared + 0x6c;
const connectText: i64 = shared + 0x600;
const entropy: i64 = shared + 0x100;
const entropyEnd: i64 = shared + 0x200;
const commandRing: i64 = shared + 0x1000;
const eventRing: i64 = shared + 0x2000;
const consoleRing: i64 = shared + 0x4000;
const ringsEnd: i64 = shared + 0x8000;
const sharedEnd: i64 = shared + 0x40_0000;
const ownMemoryBytes: i64 = 0x1_0000;

function end(status: i32): void {
  out32(EXIT, status);
  unreachable();
}

let state: u32 = 1;

/** xorshift32 */
function random(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}

function below(limit: u32): u32 {
  return random() % limit;
}

function oneIn(chance: u32): bool {
  return below(chance) == 0;
}

/** Where the value of a variable starts; 0 when there is none. */
function variable(name: string): i64 {
  const length = boot(3);
  const start = boot(2);
  for (let at: i64 = 0; at + name.length < length; at++) {
    if (at > 0 && peek8(start + at - 1) != 0) continue;
    let same = 0;
    while (same < name.length && peek8(start + at + same) == name.charCodeAt(same)) same++;
    if (same == name.length && peek8(start + at + same) == 61) return start + at + same + 1;
  }
  return 0;
}

function numberOf(name: string): u32 {
  let value: u32 = 0;
  for (let at = variable(name); at != 0 && peek8(at) != 0; at++) value = value * 10 + (peek8(at) - 48);
  return value;
}

function isAttack(name: string): bool {
  const at = variable('ATTACK');
  for (let i = 0; i < name.length; i++) if (peek8(at + i) != name.charCodeAt(i)) return false;
  return peek8(at + name.length) == 0;
}

/** Anything at all in control page and rings, then any hypercall. */
function fuzzEverything(): void {
  const count = below(64) + 1;
  for (let i: u32 = 0; i < count; i++) {
    const at = shared + (below(oneIn(2) ? 0x60 : (ringsEnd - shared) as u32) & ~3);
    poke32(at, oneIn(2) ? below(300) : random());
  }
  // For ever would be a deadline as well.
  poke64(deadline, 0);
  const port = WAIT + below(7);
  if (port != EXIT) out32(port, random());
}

let produced: u32 = 0;
/** Size of its memory. */
let grown: i64 = ownMemoryBytes;

function command(kind: u32, handle: u32, buffer: u32, length: u32): void {
  const at = commandRing + ((produced++ & 255) << 4);
  poke32(at, kind);
  poke32(at + 4, handle);
  poke32(at + 8, buffer);
  poke32(at + 12, length);
}

// What this guest has been given and not given back, as far as it cares to remember.
const remembered: u32 = 64;
const handles = memory.data(4 * 64);
let handleCount: u32 = 0;
const received = memory.data(4 * 64);
let receivedCount: u32 = 0;
let sendBuffer: u32 = 0;

function remember(list: usize, count: u32, value: u32): u32 {
  if (count == remembered) return count;
  store<u32>(list + (count << 2), value);
  return count + 1;
}

/** One of the list, which it is taken from; the count is one less then. */
function takeFrom(list: usize, count: u32): u32 {
  const at = list + (below(count) << 2);
  const value = load<u32>(at);
  store<u32>(at, load<u32>(list + ((count - 1) << 2)));
  return value;
}

function someHandle(): u32 {
  return load<u32>(handles + (below(handleCount) << 2));
}

function readEvents(): void {
  const head = peek32(eventHead);
  let tail = peek32(eventTail);
  // It may have written nonsense there itself.
  if (<u32>(head - tail) > 512) return;
  for (; tail != head; tail++) {
    const at = eventRing + ((tail & 511) << 4);
    const kind = peek32(at);
    if (kind == 1) handleCount = remember(handles, handleCount, peek32(at + 8));
    if (kind == 2) receivedCount = remember(received, receivedCount, peek32(at + 8));
  }
  poke32(eventTail, tail);
}

function wildCommand(): void {
  const kind = oneIn(3) ? random() : below(8);
  const handle = oneIn(3) ? random() : below(40);
  command(kind, handle, oneIn(3) ? random() : below(125), oneIn(3) ? random() : below(16_390));
}

function goodCommand(): void {
  if (handleCount == 0) return;
  const kind = 2 + below(5);
  if (kind == 2) {
    const length = oneIn(4) ? 1 + below(16_384) : 1 + below(300);
    return command(kind, someHandle(), sendBuffer++ % 120, length);
  }
  if (kind == 4) {
    if (!oneIn(4)) return;
    const handle = takeFrom(handles, handleCount--);
    return command(kind, handle, 0, 0);
  }
  if (kind == 5) {
    if (receivedCount == 0) return;
    const buffer = takeFrom(received, receivedCount--);
    return command(kind, 0, buffer, 0);
  }
  command(kind, someHandle(), 0, 0);
}

/** Asks for a connection to TARGET, now and then to what it may not have; or why one has failed. */
function connectOut(): void {
  const target = variable('TARGET');
  if (target == 0) return;
  if (handleCount > 0 && oneIn(3)) {
    poke32(connectHandle, someHandle());
    poke32(connectLength, 0);
    return out32(CONNECT, random());
  }
  let length: u32 = 0;
  for (; peek8(target + length) != 0; length++) poke8(connectText + length, peek8(target + length));
  if (oneIn(8)) poke8(connectText + below(length), oneIn(4) ? random() & 127 : 49);
  poke32(connectLength, oneIn(2000) ? random() : length);
  out32(CONNECT, random());
  const handle = peek32(connectHandle);
  if (handle >= 16) handleCount = remember(handles, handleCount, handle);
}

/** Commands that are right for long and then are not, with events that are read late or never. */
function fuzzCommands(): void {
  for (let count = below(6); count > 0; count--) {
    if (oneIn(2000)) wildCommand();
    else goodCommand();
  }
  poke32(commandHead, oneIn(2000) ? random() : produced);
  if (oneIn(2000)) poke32(eventTail, random());
  else if (!oneIn(4)) readEvents();
  poke64(deadline, oneIn(2) ? 0 : peek64(clockMonotonic) + below(300_000));
  if (oneIn(4)) connectOut();
  switch (below(8)) {
    case 0:
      if (handleCount == 0) return;
      poke32(receiveHandle, oneIn(500) ? random() : someHandle());
      poke32(receiveLength, oneIn(4) ? random() : below(16_385));
      return out32(RECEIVE, random());
    case 1: return out32(ENTROPY, random());
    case 2:
      poke32(growMemory, oneIn(500) ? random() : 0);
      poke64(growBytes, oneIn(500) ? (random() as i64) << below(32) : grown + (below(3) as i64) * 0x1_0000);
      out32(GROW, random());
      if (peek32(growResult) == 0) grown = peek64(growBytes);
      return;
    case 3: return out32(FLUSH, random());
    default: return out32(WAIT, random());
  }
}

const secret: i64 = 0x7365_6372_6574_2121;

/** Fills everything that can be written with a secret, sends some of it to the console, and ends. */
function leaveSecrets(): void {
  if (memory.grow(32) < 0) end(9);
  const own = memoryBase();
  for (let at = own + ownMemoryBytes; at < own + 33 * ownMemoryBytes; at += 8) poke64(at, secret);
  for (let at = consoleRing; at < sharedEnd; at += 8) poke64(at, secret);
  poke32(consoleHead, 4096);
  out32(FLUSH, 0);
  end(0);
}

/** 1 when memory that nobody has given to this guest holds anything. */
function lookForRemnants(): void {
  if (memory.grow(32) < 0) end(9);
  const own = memoryBase();
  for (let at = own + ownMemoryBytes; at < own + 33 * ownMemoryBytes; at += 8) if (peek64(at) != 0) end(1);
  for (let at = shared + 0x400; at < sharedEnd; at += 8) if (peek64(at) != 0) end(2);
  for (let at = shared; at < shared + 0x400; at += 8) {
    if (peek64(at) == secret) end(3);
  }
  for (let at = shared + 0x60; at < entropy; at += 8) if (peek64(at) != 0) end(4);
  for (let at = entropyEnd; at < shared + 0x400; at += 8) if (peek64(at) != 0) end(5);
  end(0);
}

/** Everything it may have, and then each page of it; 0 when asking for more failed and all of it could be used. */
function takeAllMemory(): void {
  while (memory.grow(16) >= 0) {}
  while (memory.grow(1) >= 0) {}
  const size = (memory.size() as u64) << 16;
  for (let at: u64 = 0x2_0000; at < size; at += 4096) store<u8>(at as usize, 1);
  if (memory.grow(1) >= 0) end(1);
  end(memory.size() > 1 ? 0 : 2);
}

/** As if it had listened and never heard of anybody: accepts, keeps every event, gives nothing back. */
function hoard(): void {
  poke64(deadline, peek64(clockMonotonic) + 1_000_000);
  out32(WAIT, 0);
}

export function _start(): void {
  state = numberOf('SEED') | 1;
  const rounds = numberOf('ROUNDS');
  if (isAttack('secrets')) leaveSecrets();
  if (isAttack('remnants')) lookForRemnants();
  if (isAttack('memory')) takeAllMemory();
  const everything = isAttack('everything');
  const hoards = isAttack('hoard');
  if (!everything) {
    command(1, 0, 0, 0);
    poke32(commandHead, produced);
  }
  for (let round: u32 = 0; round < rounds; round++) {
    if (everything) fuzzEverything();
    else if (hoards) hoard();
    else fuzzCommands();
  }
  end(0);
}
