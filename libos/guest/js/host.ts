// What Emscripten's JavaScript would give the engine: seal/engine names the imports.

import { clock_monotonic, clock_wall, console_write, exit } from "./os";
import { state } from "./state";

const ENOSYS = 52;
const ESPIPE = 70;
const wasmPageBits: u32 = 16;

function say(text: string): void {
  const length = text.length;
  const from = changetype<usize>(text);
  // Static strings are short: each character goes through one cell.
  for (let i = 0; i < length; i++) console_write(from + (i << 1), 1);
}

export function assert_fail(condition: usize, file: usize, line: i32, name: usize): void {
  say("error: the JavaScript engine failed an assertion: ");
  let end = condition;
  while (load<u8>(end) != 0) end++;
  console_write(condition, <i32>(end - condition));
  say("\n");
  unreachable();
}

export function abort_engine(): void {
  say("error: the JavaScript engine gave up\n");
  unreachable();
}

export function fd_write(descriptor: i32, vectors: usize, count: i32, written: usize): i32 {
  let total: i32 = 0;
  for (let i = 0; i < count; i++) {
    const length = load<i32>(vectors + (i << 3), 4);
    console_write(load<u32>(vectors + (i << 3)), length);
    total += length;
  }
  store<i32>(written, total);
  return 0;
}

export function fd_close(descriptor: i32): i32 {
  return ENOSYS;
}

export function fd_seek(descriptor: i32, offset: i64, whence: i32, result: usize): i32 {
  return ESPIPE;
}

export function environ_get(pointers: usize, texts: usize): i32 {
  return 0;
}

export function environ_sizes_get(count: usize, size: usize): i32 {
  store<i32>(count, 0);
  store<i32>(size, 0);
  return 0;
}

export function resize_heap(wanted: u32): i32 {
  const pages = (wanted + 0xffff) >> wasmPageBits;
  const missing = <i32>pages - memory.size();
  return missing <= 0 || memory.grow(missing) >= 0 ? 1 : 0;
}

/** Milliseconds since 1970. */
export function date_now(): f64 {
  return floor<f64>(<f64>clock_wall() / 1e6);
}

export function clock_time_get(clock: i32, precision: i64, result: usize): i32 {
  store<i64>(result, clock == 0 ? clock_wall() : clock_monotonic());
  return 0;
}

/** Local time is UTC. The engine reads nothing but the offset. */
export function localtime(seconds: i64, fields: usize): void {
  memory.fill(fields, 0, 44);
}

export function tzset(timezone: usize, daylight: usize, standardName: usize, daylightName: usize): void {
  store<i32>(timezone, 0);
  store<i32>(daylight, 0);
  store<u32>(standardName, 0x435455);
  store<u32>(daylightName, 0x435455);
}

export function set_timer(which: i32, milliseconds: f64): i32 {
  return 0;
}

export function keepalive_clear(): void {}

export function process_exit(status: i32): void {
  exit(status);
}

/** Modules come from the bundle only: no loader is ever enabled. */
export function load_module(context: usize, name: usize, attributes: usize): usize {
  return 0;
}

export function normalize_module(context: usize, base: usize, name: usize, attributes: usize): usize {
  return 0;
}

export function free_host_reference(runtime: usize, id: i32): void {}

/** Asked by the engine every few thousand operations. */
export function should_interrupt(runtime: usize): i32 {
  if (state.deadline == 0) return 0;
  const now = clock_monotonic();
  if (state.deadline < 0) state.deadline = now + state.limitNs;
  return now > state.deadline ? 1 : 0;
}
