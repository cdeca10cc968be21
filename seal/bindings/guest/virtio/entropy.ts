// Random bytes: ChaCha20 (RFC 8439 §2.3) keyed by the processor's random words or by a virtio-rng device. After every
// request the first half of a block becomes the next key, so what was given cannot be told from what is left here.

import { peek32, peek64, poke64, SEED_COUNT, SEEDS, SHARED_BASE } from './machine';
import { refuse } from './console';
import { randomFromDevice } from './random-device';

const seedWords = 8;

// In the machine page.
const key: usize = 64;
const input: usize = 128;
const block: usize = 192;

let started: bool = false;

function start(): void {
  started = true;
  if (peek32(SHARED_BASE + SEED_COUNT) == seedWords) {
    // Two keys' worth of words, in case single ones are poor.
    for (let i: usize = 0; i < 4; i++) store<i64>(key + (i << 3), peek64(SHARED_BASE + SEEDS + (i << 3)));
    nextBlock(0);
    memory.copy(key, block, 32);
    for (let i: usize = 0; i < 4; i++) {
      store<i64>(key + (i << 3), load<i64>(key + (i << 3)) ^ peek64(SHARED_BASE + SEEDS + 32 + (i << 3)));
    }
    // The first key must not be found later.
    for (let i: i64 = 0; i < seedWords; i++) poke64(SHARED_BASE + SEEDS + (i << 3), 0);
    return;
  }
  if (!randomFromDevice(key, 32)) {
    refuse('machine: no source of entropy: the processor has no RDRAND and the machine no virtio-rng device\n');
  }
}

// @ts-ignore: decorator
@inline
function quarter(a: usize, b: usize, c: usize, d: usize): void {
  let wa = load<u32>(block + a);
  let wb = load<u32>(block + b);
  let wc = load<u32>(block + c);
  let wd = load<u32>(block + d);
  wa += wb; wd = rotl(wd ^ wa, 16);
  wc += wd; wb = rotl(wb ^ wc, 12);
  wa += wb; wd = rotl(wd ^ wa, 8);
  wc += wd; wb = rotl(wb ^ wc, 7);
  store<u32>(block + a, wa);
  store<u32>(block + b, wb);
  store<u32>(block + c, wc);
  store<u32>(block + d, wd);
}

/** 64 bytes at `block`. The key changes before a counter could come again. */
function nextBlock(counter: u32): void {
  store<u32>(input, 0x61707865);
  store<u32>(input, 0x3320646e, 4);
  store<u32>(input, 0x79622d32, 8);
  store<u32>(input, 0x6b206574, 12);
  memory.copy(input + 16, key, 32);
  memory.fill(input + 48, 0, 16);
  store<u32>(input, counter, 48);
  memory.copy(block, input, 64);
  for (let round = 0; round < 10; round++) {
    quarter(0, 16, 32, 48);
    quarter(4, 20, 36, 52);
    quarter(8, 24, 40, 56);
    quarter(12, 28, 44, 60);
    quarter(0, 20, 40, 60);
    quarter(4, 24, 44, 48);
    quarter(8, 28, 32, 52);
    quarter(12, 16, 36, 56);
  }
  for (let at: usize = 0; at < 64; at += 4) store<u32>(block + at, load<u32>(block + at) + load<u32>(input + at));
}

export function fill(ptr: usize, len: i32): void {
  if (!started) start();
  let counter: u32 = 1;
  while (len > 0) {
    nextBlock(counter++);
    const part = min(len, 64);
    memory.copy(ptr, block, part);
    ptr += part;
    len -= part;
  }
  nextBlock(0);
  memory.copy(key, block, 32);
  memory.fill(block, 0, 64);
  memory.fill(input, 0, 64);
}
