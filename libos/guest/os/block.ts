// The block device for applications: whole sectors, one request after the other.

import * as machine from "./machine";
import { fromApplication, toApplication } from "./bridge";
import { passing, passingBytes } from "./scratch";

const informationBytes: i32 = 16;
const sectorBits: i32 = 9;

/** Writes {sectors: u64, bytes a sector: u32, read-only: u32}; 0, or an error. */
export function block_info(applicationPtr: u32): i32 {
  const result = machine.block_info(passing());
  if (result >= 0) toApplication(applicationPtr, passing(), informationBytes);
  return result;
}

export function block_read(sector: i64, applicationPtr: u32, len: i32): i32 {
  for (let at = 0; at < len; at += passingBytes) {
    const part = min(len - at, passingBytes);
    const result = machine.block_read(sector + (at >> sectorBits), passing(), part);
    if (result < 0) return result;
    toApplication(applicationPtr + at, passing(), part);
  }
  return len;
}

export function block_write(sector: i64, applicationPtr: u32, len: i32): i32 {
  for (let at = 0; at < len; at += passingBytes) {
    const part = min(len - at, passingBytes);
    fromApplication(passing(), applicationPtr + at, part);
    const result = machine.block_write(sector + (at >> sectorBits), passing(), part);
    if (result < 0) return result;
  }
  return len;
}
