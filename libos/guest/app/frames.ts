/** Ethernet frames, for programs that bring a protocol of their own. On the virtio target (docs/virtio.md). */

import * as os from "./os";

const informationBytes = 8;
const headerBytes = 14;

/** A program on an Ethernet. Derive from it and hand it to `attach`. */
export abstract class Station {
  /** Six bytes. */
  address: Uint8Array = new Uint8Array(6);
  /** The longest payload of a frame, its header of 14 bytes not counted. */
  mtu: i32 = 0;

  /** A frame for this station, for several or for all: destination, source, type, payload. */
  abstract received(frame: Uint8Array): void;

  /** There is room again after `send` had none. */
  drained(): void {}

  /** False when there is no room now; the frame is not sent then. */
  send(frame: Uint8Array): bool {
    const result = os.frames_send(frame.dataStart, frame.length);
    if (result == os.AGAIN) return false;
    if (result < 0) throw new Error("cannot send a frame of " + frame.length.toString() + " bytes: " + os.errorName(result));
    return true;
  }
}

let attached: Station | null = null;

function ready(bits: i32): void {
  const station = attached;
  if (station === null) return;
  if ((bits & os.WRITABLE) != 0) station.drained();
  if ((bits & os.READABLE) == 0) return;
  const largest = station.mtu + headerBytes;
  while (true) {
    const frame = new Uint8Array(largest);
    const count = os.frames_receive(frame.dataStart, largest);
    if (count < 0) return;
    station.received(frame.subarray(0, count));
  }
}

/** Receive the frames of the machine's network device. It has one, and it can be attached once. */
export function attach(station: Station): void {
  const callback = (_handle: i32, bits: i32): void => ready(bits);
  const information = new Uint8Array(informationBytes);
  const result = os.frames_open(information.dataStart, callback.index);
  if (result == os.DENIED) throw new Error("this machine has no network device");
  if (result < 0) throw new Error("cannot attach to the network device: " + os.errorName(result));
  station.address = information.slice(0, 6);
  station.mtu = <i32>information[6] | (<i32>information[7] << 8);
  attached = station;
  ready(os.READABLE);
}
