// The calls that need no state: entropy, environment, exit.

import * as machine from "./machine";
import { toApplication } from "./bridge";
import { allocate, release } from "./heap";
import { flushConsole } from "./console";

const word = memory.data(256, 8);

/** 64 random bits. */
export function entropy_word(): i64 {
  machine.entropy(word, 8);
  return load<i64>(word);
}

export function entropy_fill(applicationPtr: u32, len: i32): void {
  while (len > 0) {
    const part = min(len, 256);
    machine.entropy(word, part);
    toApplication(applicationPtr, word, part);
    applicationPtr += part;
    len -= part;
  }
}

export function environment_size(): i32 {
  return machine.environ(word, 0);
}

/** Copies at most `len` bytes of NAME=VALUE NUL ...; returns how many. */
export function environment_read(applicationPtr: u32, len: i32): i32 {
  const block = allocate(len);
  if (block == 0) return 0;
  const length = min(machine.environ(block, len), len);
  toApplication(applicationPtr, block, length);
  release(block, len);
  return length;
}

export function exit(status: i32): void {
  flushConsole();
  machine.exit(status);
}
