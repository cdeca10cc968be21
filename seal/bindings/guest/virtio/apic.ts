// Interrupts: the local APIC (Intel SDM vol. 3A §11) with its timer, and the I/O APIC (82093AA) for devices. Ring 3 runs
// with interrupts off; they are only taken, and only counted as "something happened", while it waits.

import { boot, HYPERVISOR_FREQUENCIES, HYPERVISOR_LOW, mapDevice, peek32, poke32 } from './machine';
import { refuse } from './console';

const LOCAL: i64 = 0xfee0_0000;
const ID: i64 = 0x20;
const TASK_PRIORITY: i64 = 0x80;
const SPURIOUS: i64 = 0xf0;
const TIMER_VECTOR: i64 = 0x320;
const LINE0_VECTOR: i64 = 0x350;
const LINE1_VECTOR: i64 = 0x360;
const INITIAL_COUNT: i64 = 0x380;
const CURRENT_COUNT: i64 = 0x390;
const DIVIDE: i64 = 0x3e0;

const MASKED: u32 = 0x10000;
const ENABLED: u32 = 0x100;
const DIVIDE_BY_1: u32 = 0xb;
const DIVIDE_BY_16: u32 = 3;
const divisor: i64 = 16;

// seal/virtio/supervisor-data.ts
const TIMER_INTERRUPT: u32 = 0x20;
const DEVICE_INTERRUPT: u32 = 0x21;
const SPURIOUS_INTERRUPT: u32 = 0x2f;

const IO: i64 = 0xfec0_0000;
const SELECT: i64 = 0;
const WINDOW: i64 = 0x10;
const FIRST_REDIRECTION: u32 = 0x10;

let local: i64 = 0;
let io: i64 = 0;

function start(): void {
  local = mapDevice(LOCAL);
  if (local < 0) refuse('machine: the local APIC cannot be reached\n');
  poke32(local + TASK_PRIORITY, 0);
  // The old interrupt controller, where there is one, stays unheard.
  poke32(local + LINE0_VECTOR, MASKED);
  poke32(local + LINE1_VECTOR, MASKED);
  poke32(local + TIMER_VECTOR, MASKED);
  poke32(local + SPURIOUS, ENABLED | SPURIOUS_INTERRUPT);
}

/** Interrupts of this pin end a wait from now on. Edges: a device that keeps its line up says so once. */
export function listen(pin: u32): void {
  if (local == 0) start();
  if (io == 0) io = mapDevice(IO);
  if (io < 0) refuse('machine: the I/O APIC cannot be reached\n');
  poke32(io + SELECT, FIRST_REDIRECTION + pin * 2 + 1);
  poke32(io + WINDOW, peek32(local + ID) & 0xff00_0000);
  poke32(io + SELECT, FIRST_REDIRECTION + pin * 2);
  poke32(io + WINDOW, DEVICE_INTERRUPT);
}

/** Ticks of the timer from now on, one a cycle of its bus, down from 2^32 - 1; `remaining` reads it. */
export function countDown(): void {
  if (local == 0) start();
  isAlarm = false;
  poke32(local + TIMER_VECTOR, MASKED);
  poke32(local + DIVIDE, DIVIDE_BY_1);
  poke32(local + INITIAL_COUNT, 0xffff_ffff);
}

export function remaining(): u32 {
  return peek32(local + CURRENT_COUNT);
}

/** KVM and QEMU's emulation let the timer's bus run at 1 GHz. */
function isKnownBus(): bool {
  const name = <u32>boot(HYPERVISOR_LOW);
  return name == 0x4b4d_564b || isEmulated();
}

/** TCGTCGTCGTCG: QEMU's emulation. */
export function isEmulated(): bool {
  return boot(HYPERVISOR_LOW) == 0x4354_4743_5447_4354;
}

let busHz: i64 = 0;
/** The timer is set up to interrupt; each register costs an exit. */
let isAlarm: bool = false;
let isArmed: bool = false;

/** Cycles of the timer's bus a second; 0 when only a measurement can tell. */
export function toldBusHz(): i64 {
  const told = (boot(HYPERVISOR_FREQUENCIES) >> 32) & 0xffff_ffff;
  if (told != 0) return told * 1000;
  return isKnownBus() ? 1_000_000_000 : 0;
}

export function setBusHz(hz: i64): void {
  busHz = hz;
}

/** An interrupt in this many nanoseconds, or earlier when that is far away. */
export function armTimer(nanoseconds: i64): void {
  if (local == 0) start();
  // Below 2^32 ticks, and the product below 2^63.
  const near = min<i64>(nanoseconds, 4_000_000_000);
  const ticks = max<i64>((near * (busHz / 1000)) / (1_000_000 * divisor), 1);
  if (!isAlarm) {
    isAlarm = true;
    poke32(local + DIVIDE, DIVIDE_BY_16);
    poke32(local + TIMER_VECTOR, TIMER_INTERRUPT);
  }
  isArmed = true;
  poke32(local + INITIAL_COUNT, <u32>min<i64>(ticks, 0xffff_ffff));
}

export function stopTimer(): void {
  if (!isArmed) return;
  isArmed = false;
  poke32(local + INITIAL_COUNT, 0);
}
