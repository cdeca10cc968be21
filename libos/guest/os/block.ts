// The block device for applications: whole sectors, one request after the other.

import * as machine from "./machine";
import { fromApplication, toApplication } from "./bridge";
import { scratch, scratchBytes } from "./scratch";

const informationBytes: i32 = 16;
const sectorBits: i32 = 9;

/** Writes {sectors: u64, bytes a sector: u32, read-only: u32}; 0, or an error. */
export function block_info(applicationPtr: u32): i32 {
  const result = machine.block_info(scratch());
  if (result >= 0) toApplication(applicationPtr, scratch(), informationBytes);
  return result;
}

export function block_read(sector: i64, applicationPtr: u32, len: i32): i32 {
  for (let at = 0; at < len; at += scratchBytes) {
    const part = min(len - at, scratchBytes);
    const result = machine.block_read(sector + (at >> sectorBits), scratch(), part);
    if (result < 0) return result;
    toApplication(applicationPtr + at, scratch(), part);
  }
  return len;
}

export function block_write(sector: i64, applicationPtr: u32, len: i32): i32 {
  for (let at = 0; at < len; at += scratchBytes) {
    const part = min(len - at, scratchBytes);
    fromApplication(scratch(), applicationPtr + at, part);
    const result = machine.block_write(sector + (at >> sectorBits), scratch(), part);
    if (result < 0) return result;
  }
  return len;
}
