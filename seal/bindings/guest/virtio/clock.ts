// Time. Monotonic: kvm-clock where KVM offers it, else the time stamp counter at the rate the machine tells, else at a rate
// measured against the APIC's or the interval timer. Wall: kvm-clock, else the real-time clock (docs/virtio.md).

import {
  boot, CRYSTAL_HZ, CRYSTAL_RATIO, HYPERVISOR_FREQUENCIES, in8, KVM_CLOCK, KVM_CLOCK_OFFSET, KVM_WALL_CLOCK_OFFSET, out8,
  peek32, peek64, peek8, SHARED_BASE, timestamp,
} from './machine';
import { countDown, isEmulated, remaining, setBusHz, toldBusHz } from './apic';
import { refuse } from './console';
import { secondsFromRealTimeClock } from './calendar';

const second: i64 = 1_000_000_000;

let started: bool = false;
let usesKvmClock: bool = false;
/** Nanoseconds a tick, times 2^32. */
let scale: u64 = 0;
let firstTick: i64 = 0;
let latest: i64 = 0;
let wallOffset: i64 = 0;
let wallKnown: bool = false;

/** (ticks * factor) >> 32 without losing high bits. */
function scaled(ticks: u64, factor: u64): u64 {
  return (ticks >> 32) * factor + (((ticks & 0xffff_ffff) * (factor & 0xffff_ffff)) >> 32) + (ticks & 0xffff_ffff) * (factor >> 32);
}

/** pvclock_vcpu_time_info: an odd version, or another one behind, means it was being written. */
function kvmClock(): i64 {
  const at = SHARED_BASE + KVM_CLOCK_OFFSET;
  while (true) {
    const version = peek32(at);
    const ticks: u64 = timestamp() - peek64(at + 8);
    const since = peek64(at + 16);
    const factor: u64 = peek32(at + 24);
    const shift = <i8>peek8(at + 28);
    if ((version & 1) != 0 || version != peek32(at)) continue;
    return since + <i64>scaled(shift >= 0 ? ticks << <u64>shift : ticks >> <u64>-shift, factor);
  }
}

const measuredNs: i64 = 10_000_000;

/** The time stamp counter's rate in ticks a second, against an APIC timer whose bus is known. */
function measureByApic(): i64 {
  const ticks = (measuredNs * (toldBusHz() / 1000)) / 1_000_000;
  countDown();
  const from = timestamp();
  const start = <i64>remaining();
  let last = start;
  while (start - last < ticks) last = <i64>remaining();
  const passed = timestamp() - from;
  return (passed * (toldBusHz() / 1000)) / ((start - last) / 1000);
}

const PIT_HZ: i64 = 1_193_182;
const PIT_CHANNEL0 = 0x40;
const PIT_MODE = 0x43;
/** Channel 0, low byte then high byte, counting down once. */
const COUNT_ONCE = 0x30;
const LATCH = 0;
/** 10 ms. */
const PIT_TICKS = 11_932;
/** Three accesses of ports each: far longer than that. */
const mostLooks = 100_000;

function intervalCount(): i32 {
  out8(PIT_MODE, LATCH);
  const low = in8(PIT_CHANNEL0);
  return low | (in8(PIT_CHANNEL0) << 8);
}

/** The same against the interval timer (8254), whose interrupt nobody listens to. 0: there is none. */
function measureByInterval(): i64 {
  out8(PIT_MODE, COUNT_ONCE);
  out8(PIT_CHANNEL0, 255);
  out8(PIT_CHANNEL0, 255);
  // From one change of the count to another.
  const loaded = intervalCount();
  let count = loaded;
  for (let looks = 0; count == loaded; looks++) {
    if (looks == mostLooks) return 0;
    count = intervalCount();
  }
  const from = timestamp();
  const start = count;
  while (start - count < PIT_TICKS) count = intervalCount();
  return ((timestamp() - from) * PIT_HZ) / (start - count);
}

function counterHz(): i64 {
  const told = boot(HYPERVISOR_FREQUENCIES) & 0xffff_ffff;
  if (told != 0) return told * 1000;
  const denominator = boot(CRYSTAL_RATIO) & 0xffff_ffff;
  const numerator = (boot(CRYSTAL_RATIO) >> 32) & 0xffff_ffff;
  if (denominator != 0 && numerator != 0 && boot(CRYSTAL_HZ) != 0) return (boot(CRYSTAL_HZ) * numerator) / denominator;
  if (isEmulated()) return measureByApic();
  const measured = measureByInterval();
  if (measured == 0) refuse('machine: no clock: no kvm-clock, no told rate of the time stamp counter, no interval timer\n');
  return measured;
}

function start(): void {
  started = true;
  // Also not when KVM says so and never writes it.
  usesKvmClock = boot(KVM_CLOCK) == 1 && peek32(SHARED_BASE + KVM_CLOCK_OFFSET + 24) != 0;
  if (!usesKvmClock) {
    const hz = counterHz();
    scale = <u64>(((second << 20) / (hz >> 8)) << 4);
    firstTick = timestamp();
  }
  if (toldBusHz() != 0) {
    setBusHz(toldBusHz());
    return;
  }
  countDown();
  const from = monotonic();
  const first = <i64>remaining();
  while (monotonic() - from < measuredNs) {}
  setBusHz(((first - <i64>remaining()) * second) / (monotonic() - from));
}

export function monotonic(): i64 {
  if (!started) start();
  const now = usesKvmClock ? kvmClock() : <i64>scaled(<u64>(timestamp() - firstTick), scale);
  // One processor: only a clock that is set could go back.
  latest = max(latest, now);
  return latest;
}

export function wall(): i64 {
  const now = monotonic();
  if (!wallKnown) {
    wallKnown = true;
    const at = SHARED_BASE + KVM_WALL_CLOCK_OFFSET;
    if (usesKvmClock && peek32(at + 4) != 0) {
      wallOffset = <i64>peek32(at + 4) * second + <i64>peek32(at + 8);
    } else {
      wallOffset = secondsFromRealTimeClock() * second - now;
    }
  }
  return now + wallOffset;
}
