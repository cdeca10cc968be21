// Raw TCP for applications: handles and a callback per handle; buffering and policy are the application's.

import * as machine from "./machine";
import { callApplication, fromApplication, toApplication } from "./bridge";
import { allocate, release } from "./heap";
import { endpointOf, Endpoint, register, STREAM, unregister } from "./endpoints";
import { passing, passingBytes } from "./scratch";

export let streamsLinked: bool = false;

@unmanaged
class Stream extends Endpoint {
  /** Entry of the application's function table, called with (handle, ready bits). */
  callback: i32;
}

function add(handle: i32, callback: i32): i32 {
  if (handle < 0) return handle;
  const block = allocate(offsetof<Stream>());
  if (block == 0 || !register(handle, block)) {
    if (block != 0) release(block, offsetof<Stream>());
    machine.sock_close(handle);
    return machine.LIMIT;
  }
  const stream = changetype<Stream>(block);
  stream.kind = STREAM;
  stream.handle = handle;
  stream.callback = callback;
  return handle;
}

function streamOf(handle: i32): Stream | null {
  const endpoint = endpointOf(handle);
  if (endpoint == 0 || changetype<Endpoint>(endpoint).kind != STREAM) return null;
  return changetype<Stream>(endpoint);
}

export function stream_listen(port: i32, callback: i32): i32 {
  streamsLinked = true;
  return add(machine.sock_listen(port), callback);
}

/** The new handle reports to the listener's callback. */
export function stream_accept(handle: i32): i32 {
  const listener = streamOf(handle);
  if (!listener) return machine.INVALID;
  return add(machine.sock_accept(handle), listener.callback);
}

export function stream_connect(applicationPtr: u32, len: i32, callback: i32): i32 {
  if (len > 300) return machine.INVALID;
  streamsLinked = true;
  fromApplication(passing(), applicationPtr, len);
  return add(machine.sock_connect(passing(), len), callback);
}

export function stream_receive(handle: i32, applicationPtr: u32, len: i32): i32 {
  if (!streamOf(handle)) return machine.INVALID;
  const count = machine.sock_receive(handle, passing(), min(len, passingBytes));
  if (count > 0) toApplication(applicationPtr, passing(), count);
  return count;
}

export function stream_send(handle: i32, applicationPtr: u32, len: i32): i32 {
  if (!streamOf(handle)) return machine.INVALID;
  const part = min(len, passingBytes);
  fromApplication(passing(), applicationPtr, part);
  return machine.sock_send(handle, passing(), part);
}

export function stream_shutdown(handle: i32): i32 {
  return streamOf(handle) ? machine.sock_shutdown(handle) : machine.INVALID;
}

export function stream_close(handle: i32): void {
  const stream = streamOf(handle);
  if (!stream) return;
  unregister(handle);
  machine.sock_close(handle);
  release(changetype<usize>(stream), offsetof<Stream>());
}

export function streamReady(endpoint: usize, ready: i32): void {
  const stream = changetype<Stream>(endpoint);
  callApplication(stream.callback, stream.handle, ready);
}
