// The machine ABI (libos/abi.ts) on a bare machine, for the `virtio` target: drivers in ring 3 (docs/virtio.md). Ring 0 only
// sleeps, gives memory and ends the machine. Scratch space is the machine page.

import { address, end, waitForInterrupt } from './machine';
import { armTimer, stopTimer } from './apic';
import { monotonic, wall } from './clock';
import * as serial from './console';
import * as random from './entropy';
import { idleTime } from './environment';
import * as net from './net';
import * as block from './block';

export { environ } from './environment';

export function console_write(ptr: usize, len: i32): void {
  serial.write(address(ptr), <i64>(<u64>(<u32>len)));
}

export function clock_monotonic(): i64 {
  return monotonic();
}

export function clock_wall(): i64 {
  return wall();
}

export function entropy(ptr: usize, len: i32): void {
  if (<u32>len > 256) unreachable();
  random.fill(ptr, len);
}

export function exit(status: i32): void {
  if (net.netLinked()) net.drain();
  end(status);
}

/** One device can be ready. */
function collect(ptr: usize, capacity: i32): i32 {
  if (!net.netLinked() || capacity <= 0) return 0;
  const bits = net.ready();
  if (bits == 0) return 0;
  store<u32>(ptr, net.NET_HANDLE);
  store<u32>(ptr, bits, 4);
  idleSince = 0;
  return 1;
}

/** Since when nothing has happened; 0: something has since the last wait. */
let idleSince: i64 = 0;

/** Timers do not keep an image awake. */
function nextIdleDeadline(): i64 {
  const idleNs = idleTime();
  if (idleNs == 0) return i64.MAX_VALUE;
  if (idleSince == 0) idleSince = monotonic();
  return idleSince + idleNs;
}

function yield_until(deadline: i64, ptr: usize, capacity: i32): i32 {
  if (net.netLinked()) net.flush();
  const count = collect(ptr, capacity);
  if (count > 0 || deadline == 0) return count;
  const idleDeadline = nextIdleDeadline();
  const until = min<i64>(deadline > 0 ? deadline : i64.MAX_VALUE, idleDeadline);
  while (true) {
    if (until != i64.MAX_VALUE) {
      const left = until - monotonic();
      if (left <= 0) {
        if (until == idleDeadline) exit(0);
        return 0;
      }
      armTimer(left);
    } else stopTimer();
    waitForInterrupt();
    const arrived = collect(ptr, capacity);
    if (arrived > 0) return arrived;
  }
}

export { yield_until as yield };

export function net_info(ptr: usize): i32 {
  return net.info(ptr);
}

export function net_read(ptr: usize, len: i32): i32 {
  return net.read(ptr, len);
}

export function net_write(ptr: usize, len: i32): i32 {
  return net.write(ptr, len);
}

export function block_info(ptr: usize): i32 {
  return block.info(ptr);
}

export function block_read(sector: i64, ptr: usize, len: i32): i32 {
  return block.read(sector, ptr, len);
}

export function block_write(sector: i64, ptr: usize, len: i32): i32 {
  return block.write(sector, ptr, len);
}
