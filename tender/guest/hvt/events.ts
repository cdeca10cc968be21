/** The event ring: what the guest has not been told yet stays with its connection until there is room. */
import { eventHead, eventRing, eventRingCapacity, eventTail } from './layout';
import { endByRule } from './verdict';

export namespace Event {
  export const accepted: u32 = 1;
  export const data: u32 = 2;
  /** There is data, but no buffer for it: the guest receives on demand. */
  export const readable: u32 = 3;
  export const end: u32 = 4;
  export const writable: u32 = 5;
  export const failed: u32 = 6;
  export const hangup: u32 = 7;
}

const eventBytes: u32 = 16;

/** The monitor's own, as the guest could change the one it sees. */
let head: u32 = 0;

export function eventsWaiting(): u32 {
  const waiting = head - load<u32>(eventTail);
  if (waiting > eventRingCapacity) endByRule('the event ring\'s tail is within the ring', waiting);
  return waiting;
}

export function eventRoom(): u32 {
  return eventRingCapacity - eventsWaiting();
}

/** The caller has asked for room. */
export function sendEvent(kind: u32, handle: u32, buffer: u32, length: u32): void {
  const at = eventRing + <usize>(head & (eventRingCapacity - 1)) * eventBytes;
  store<u32>(at, kind);
  store<u32>(at, handle, 4);
  store<u32>(at, buffer, 8);
  store<u32>(at, length, 12);
  head += 1;
  store<u32>(eventHead, head);
}
