// Ethernet frames for applications: one network device, a callback when something can be read or sent.

import * as machine from "./machine";
import { callApplication, fromApplication, toApplication } from "./bridge";
import { allocate, release } from "./heap";
import { Endpoint, FRAMES, register } from "./endpoints";
import { passing, passingBytes } from "./scratch";

export let framesLinked: bool = false;

const informationBytes: i32 = 8;
const headerBytes: i32 = 14;

let callback: i32 = 0;
let largestFrame: i32 = 0;

/** Writes {address: 6 bytes, mtu: u16}; 0, or an error. `functionIndex` is called with (0, ready bits). */
export function frames_open(applicationPtr: u32, functionIndex: i32): i32 {
  const handle = machine.net_info(passing());
  if (handle < 0) return handle;
  if (largestFrame != 0) return machine.INVALID;
  const block = allocate(offsetof<Endpoint>());
  if (block == 0 || !register(handle, block)) {
    if (block != 0) release(block, offsetof<Endpoint>());
    return machine.LIMIT;
  }
  const endpoint = changetype<Endpoint>(block);
  endpoint.kind = FRAMES;
  endpoint.handle = handle;
  largestFrame = min(<i32>load<u16>(passing(), 6) + headerBytes, passingBytes);
  callback = functionIndex;
  framesLinked = true;
  toApplication(applicationPtr, passing(), informationBytes);
  return 0;
}

/** The next frame's length, or again. */
export function frames_receive(applicationPtr: u32, len: i32): i32 {
  if (len < largestFrame) return machine.INVALID;
  const count = machine.net_read(passing(), largestFrame);
  if (count > 0) toApplication(applicationPtr, passing(), count);
  return count;
}

export function frames_send(applicationPtr: u32, len: i32): i32 {
  if (<u32>len > <u32>largestFrame) return machine.INVALID;
  fromApplication(passing(), applicationPtr, len);
  return machine.net_write(passing(), len);
}

export function framesReady(ready: i32): void {
  callApplication(callback, 0, ready);
}
