// The serial port (16550A). Each access of a port leaves the machine: one look at the status for 16 bytes.

import { in8, out8, address, peek8, end } from './machine';

const DATA = 0x3f8;
const INTERRUPTS = 0x3f9;
const FIFO = 0x3fa;
const LINE = 0x3fb;
const MODEM = 0x3fc;
const STATUS = 0x3fd;
const TRANSMITTER_EMPTY = 0x20;
const fifoBytes = 16;

let ready: bool = false;

function start(): void {
  ready = true;
  out8(INTERRUPTS, 0);
  out8(FIFO, 1);
  // Eight bits, no parity, one stop bit.
  out8(LINE, 3);
  out8(MODEM, 3);
}

/** Bytes at a native address. */
export function write(from: i64, length: i64): void {
  if (!ready) start();
  let room = 0;
  for (let at: i64 = 0; at < length; at++) {
    if (room == 0) {
      while ((in8(STATUS) & TRANSMITTER_EMPTY) == 0) {}
      room = fifoBytes;
    }
    out8(DATA, peek8(from + at));
    room--;
  }
}

const statusOfMissing = 125;

/** The machine lacks what the image needs: say what, then end. */
export function refuse(text: string): void {
  const from = changetype<usize>(text);
  for (let i = 0; i < text.length; i++) {
    // Two bytes a character, all of them ASCII.
    write(address(from + (<usize>i << 1)), 1);
  }
  end(statusOfMissing);
}
