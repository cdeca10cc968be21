// The calls of WASI preview 1 that wasi-libc makes for a program that reads and writes its standard streams.

@external("linux", "write")
declare function write(descriptor: i64, address: i64, length: i64): i64;
@external("linux", "read")
declare function read(descriptor: i64, address: i64, length: i64): i64;
@external("linux", "exit_group")
declare function exit_group(status: i64): i64;
@external("linux", "memory_base")
declare function memory_base(): i64;

const EBADF: i32 = 8;
const EIO: i32 = 29;
const ESPIPE: i32 = 70;
const characterDevice: u8 = 2;

function transfer(descriptor: i32, vectors: i32, count: i32, done: i32, isWrite: bool): i32 {
  let total = 0;
  for (let i = 0; i < count; i++) {
    const address = memory_base() + <i64>load<u32>(vectors + 8 * i);
    const length = <i64>load<u32>(vectors + 8 * i, 4);
    const moved = isWrite ? write(descriptor, address, length) : read(descriptor, address, length);
    if (moved < 0) return EIO;
    total += <i32>moved;
    if (moved < length) break;
  }
  store<i32>(done, total);
  return 0;
}

export function fd_write(descriptor: i32, vectors: i32, count: i32, written: i32): i32 {
  return transfer(descriptor, vectors, count, written, true);
}

export function fd_read(descriptor: i32, vectors: i32, count: i32, got: i32): i32 {
  return transfer(descriptor, vectors, count, got, false);
}

export function fd_close(descriptor: i32): i32 {
  return descriptor > 2 ? EBADF : 0;
}

export function fd_seek(descriptor: i32, offset: i64, whence: i32, position: i32): i32 {
  return ESPIPE;
}

export function fd_fdstat_get(descriptor: i32, stat: i32): i32 {
  if (descriptor > 2) return EBADF;
  memory.fill(stat, 0, 24);
  store<u8>(stat, characterDevice);
  store<i64>(stat, -1, 8);
  return 0;
}

export function proc_exit(status: i32): void {
  exit_group(status);
}
