// What the bindings may ask of the code generator (seal/codegen/intrinsics.ts) and of the boot code (docs/virtio.md).

@external("linux", "memory_base")
export declare function memory_base(): i64;
/** Word of the boot block. */
@external("linux", "boot")
export declare function boot(word: i32): i64;
@external("linux", "peek8")
export declare function peek8(address: i64): i32;
@external("linux", "peek32")
export declare function peek32(address: i64): u32;
@external("linux", "peek64")
export declare function peek64(address: i64): i64;
@external("linux", "poke8")
export declare function poke8(address: i64, value: u32): void;
@external("linux", "poke32")
export declare function poke32(address: i64, value: u32): void;
@external("linux", "poke64")
export declare function poke64(address: i64, value: i64): void;
@external("linux", "copy")
export declare function copy(to: i64, from: i64, length: i64): void;
@external("linux", "timestamp")
export declare function timestamp(): i64;
@external("linux", "in8")
export declare function in8(port: i32): i32;
@external("linux", "out8")
export declare function out8(port: i32, value: i32): void;
@external("linux", "supervisor")
declare function supervisor(service: i32, first: i64, second: i64): i64;

const WAIT = 0;
const EXIT = 2;
const MAP_DEVICE = 3;

/** How often interrupts have been taken. */
export let waits: u32 = 0;

/** Sleep until an interrupt; one that came since the last time ends it at once. */
export function waitForInterrupt(): void {
  waits++;
  supervisor(WAIT, 0, 0);
}

export function end(status: i32): void {
  supervisor(EXIT, <i64>(status & 255), 0);
  unreachable();
}

/** Linear address of a page of registers, or -1. */
export function mapDevice(physical: i64): i64 {
  return supervisor(MAP_DEVICE, physical, 0);
}

/** Native address of something in the library OS's memory. */
export function address(ptr: usize): i64 {
  return memory_base() + <i64>(<u64>(<u32>ptr));
}

// Words of the boot block, addresses and offsets: seal/virtio/layout.ts (a test compares them).
export const COMMAND_LINE = 2;
export const COMMAND_LINE_BYTES = 3;
export const SHARED_PHYSICAL = 5;
export const KVM_CLOCK = 6;
export const HYPERVISOR_LOW = 16;
export const HYPERVISOR_FREQUENCIES = 18;
export const CRYSTAL_RATIO = 19;
export const CRYSTAL_HZ = 20;
export const SHARED_BASE: i64 = 0x2008_0000;
export const SHARED_BYTES: i64 = 0x8_0000;
export const SEEDS: i64 = 0;
export const SEED_COUNT: i64 = 64;
export const KVM_CLOCK_OFFSET: i64 = 128;
export const KVM_WALL_CLOCK_OFFSET: i64 = 192;
export const FIRST_FREE: i64 = 4096;

