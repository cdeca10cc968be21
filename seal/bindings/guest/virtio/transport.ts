// virtio over MMIO (OASIS virtio 1.2 §4.2), modern and legacy (§4.2.4), found on the command line:
// `virtio_mmio.device=SIZE@ADDRESS:IRQ` as Linux reads it.

import { mapDevice, peek32, poke32, poke64 } from './machine';
import { behind, lineEnd, lineStart, nextWord, number, numberEnd, wordEnd } from './command-line';
import { listen } from './apic';
import { refuse } from './console';
import { physical, takePages } from './shared-memory';

export const NET = 1;
export const BLOCK = 2;
export const RANDOM = 4;

const MAGIC: i64 = 0x000;
const VERSION: i64 = 0x004;
const DEVICE: i64 = 0x008;
const DEVICE_FEATURES: i64 = 0x010;
const DEVICE_FEATURES_HALF: i64 = 0x014;
const DRIVER_FEATURES: i64 = 0x020;
const DRIVER_FEATURES_HALF: i64 = 0x024;
const GUEST_PAGE_BYTES: i64 = 0x028;
const QUEUE: i64 = 0x030;
const QUEUE_MOST: i64 = 0x034;
const QUEUE_SIZE: i64 = 0x038;
const QUEUE_ALIGN: i64 = 0x03c;
const QUEUE_PAGE: i64 = 0x040;
const QUEUE_READY: i64 = 0x044;
const NOTIFY: i64 = 0x050;
const INTERRUPTS: i64 = 0x060;
const ACKNOWLEDGE: i64 = 0x064;
const STATUS: i64 = 0x070;
const QUEUE_DESCRIPTORS: i64 = 0x080;
const QUEUE_DRIVER: i64 = 0x090;
const QUEUE_DEVICE: i64 = 0x0a0;
const CONFIGURATION: i64 = 0x100;

const magicValue: u32 = 0x7472_6976;
const LEGACY: u32 = 1;
const MODERN: u32 = 2;

const SEEN: u32 = 1;
const DRIVER: u32 = 2;
const RUNNING: u32 = 4;
const FEATURES_AGREED: u32 = 8;
/** VIRTIO_F_VERSION_1, bit 32. */
const VERSION_1: u32 = 1;

const pageBytes: i64 = 4096;

/** Registers of the device found last, and the pin it interrupts on. */
export let foundPin: u32 = 0;

/** Linear address of the registers of the first device of a kind, or 0. */
export function find(kind: u32): i64 {
  const end = lineEnd();
  for (let at = nextWord(lineStart()); at < end; at = nextWord(wordEnd(at))) {
    let place = behind(at, 'virtio_mmio.device=');
    if (place == 0) continue;
    const last = wordEnd(at);
    while (place < last && behind(place, '@') == 0) place++;
    const base = number(place + 1);
    const pin = <u32>number(numberEnd + 1);
    const page = mapDevice(base & ~(pageBytes - 1));
    if (page < 0) refuse('machine: a virtio device of the command line lies where no device can be\n');
    const registers = page + (base & (pageBytes - 1));
    if (peek32(registers + MAGIC) != magicValue || peek32(registers + DEVICE) != kind) continue;
    const version = peek32(registers + VERSION);
    if (version != LEGACY && version != MODERN) refuse('machine: a virtio device speaks an unknown version\n');
    foundPin = pin;
    return registers;
  }
  return 0;
}

export function isLegacy(registers: i64): bool {
  return peek32(registers + VERSION) == LEGACY;
}

export function configuration(registers: i64): i64 {
  return registers + CONFIGURATION;
}

/** Of the low 32 features the device has; the driver takes those in `wanted`. */
export function negotiate(registers: i64, wanted: u32): u32 {
  poke32(registers + STATUS, 0);
  poke32(registers + STATUS, SEEN);
  poke32(registers + STATUS, SEEN | DRIVER);
  poke32(registers + DEVICE_FEATURES_HALF, 0);
  const features = peek32(registers + DEVICE_FEATURES) & wanted;
  poke32(registers + DRIVER_FEATURES_HALF, 0);
  poke32(registers + DRIVER_FEATURES, features);
  if (isLegacy(registers)) {
    poke32(registers + GUEST_PAGE_BYTES, <u32>pageBytes);
    return features;
  }
  poke32(registers + DRIVER_FEATURES_HALF, 1);
  poke32(registers + DRIVER_FEATURES, VERSION_1);
  poke32(registers + STATUS, SEEN | DRIVER | FEATURES_AGREED);
  if ((peek32(registers + STATUS) & FEATURES_AGREED) == 0) refuse('machine: a virtio device refuses its driver\n');
  return features;
}

/** Room of a queue with `size` entries: descriptors and what the driver writes, then on a page what the device writes. */
export function queueBytes(size: u32): i64 {
  return usedOffset(size) + pageBytes;
}

export function usedOffset(size: u32): i64 {
  return (<i64>size * 18 + 6 + pageBytes - 1) & ~(pageBytes - 1);
}

export function availableOffset(size: u32): i64 {
  return <i64>size * 16;
}

/** Tell the device of its queue `index`; where it lies. `size` is a power of two, at most 128. */
export function openQueue(registers: i64, index: u32, size: u32): i64 {
  poke32(registers + QUEUE, index);
  if (peek32(registers + QUEUE_MOST) < size) refuse('machine: a virtio device has too short a queue\n');
  const queue = takePages(queueBytes(size));
  // A machine may have been reset: what the device reads first must be zero.
  for (let at: i64 = 0; at < queueBytes(size); at += 8) poke64(queue + at, 0);
  poke32(registers + QUEUE_SIZE, size);
  const at = physical(queue);
  if (isLegacy(registers)) {
    poke32(registers + QUEUE_ALIGN, <u32>pageBytes);
    poke32(registers + QUEUE_PAGE, <u32>(at / pageBytes));
    return queue;
  }
  setAddress(registers + QUEUE_DESCRIPTORS, at);
  setAddress(registers + QUEUE_DRIVER, at + availableOffset(size));
  setAddress(registers + QUEUE_DEVICE, at + usedOffset(size));
  poke32(registers + QUEUE_READY, 1);
  return queue;
}

function setAddress(register: i64, value: i64): void {
  poke32(register, <u32>value);
  poke32(register + 4, <u32>(value >> 32));
}

/** All queues are open: the device may work, and its interrupts end waits. */
export function run(registers: i64, pin: u32): void {
  listen(pin);
  const agreed = isLegacy(registers) ? 0 : FEATURES_AGREED;
  poke32(registers + STATUS, SEEN | DRIVER | RUNNING | agreed);
}

export function notify(registers: i64, queue: u32): void {
  poke32(registers + NOTIFY, queue);
}

/** Before looking at queues, so that what comes after the look interrupts anew. */
export function acknowledge(registers: i64): void {
  const reasons = peek32(registers + INTERRUPTS);
  if (reasons != 0) poke32(registers + ACKNOWLEDGE, reasons);
}
