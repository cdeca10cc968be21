/**
 * Which part of 127.0.0.0/8 is this cell's: 127.R.0.0/16 for one R. Cells of one machine, also of different users, must
 * not meet, so a cell holds a listening socket at a fixed place in its range for as long as it lives; the operating
 * system lets go of it however the cell ends.
 */
import { createServer, type Server } from 'node:net';

const firstRange = 16;
const lastRange = 250;
/** Above the ports that need root, below the ephemeral ones. */
const lockPort = 1616;

export interface AddressRange {
  readonly range: number;
  release(): Promise<void>;
}

/** Takes the preferred range when it is free, else another; rejects when all are taken. */
export async function takeAddressRange(preferred: number | undefined): Promise<AddressRange> {
  const count = lastRange - firstRange + 1;
  // Two cells started together should not both walk the ranges from the beginning.
  const start = preferred === undefined ? process.pid % count : preferred - firstRange;
  for (let step = 0; step < count; step += 1) {
    const range = firstRange + ((start + step + count) % count);
    const lock = await hold(`127.${range}.255.254`);
    if (lock !== undefined) return { range, release: () => new Promise((resolve) => lock.close(() => resolve())) };
  }
  throw new Error(
    `all ${count} address ranges (127.${firstRange}.0.0/16 and on) are taken by other cells of this machine`,
  );
}

function hold(address: string): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const lock = createServer((socket) => socket.destroy());
    lock.once('error', () => resolve(undefined));
    lock.listen({ host: address, port: lockPort, exclusive: true }, () => {
      // The lock alone keeps no process alive.
      lock.unref();
      resolve(lock);
    });
  });
}
