/** The machine's block device, in whole sectors. On the virtio target (docs/virtio.md). */

import * as os from "./os";

const informationBytes = 16;

export class Disk {
  constructor(
    public sectors: i64,
    public sectorBytes: i32,
    public isReadOnly: bool,
  ) {}

  /** `count` sectors from `sector` on. */
  read(sector: i64, count: i32): Uint8Array {
    const bytes = new Uint8Array(count * this.sectorBytes);
    const result = os.block_read(sector, bytes.dataStart, bytes.length);
    if (result < 0) throw new Error("cannot read sector " + sector.toString() + ": " + os.errorName(result));
    return bytes;
  }

  /** Whole sectors from `sector` on. They are kept when it returns. */
  write(sector: i64, bytes: Uint8Array): void {
    const result = os.block_write(sector, bytes.dataStart, bytes.length);
    if (result < 0) throw new Error("cannot write sector " + sector.toString() + ": " + os.errorName(result));
  }
}

/** The device, or an error when the machine has none. */
export function open(): Disk {
  const information = new Uint8Array(informationBytes);
  const result = os.block_info(information.dataStart);
  if (result < 0) throw new Error("this machine has no block device");
  const at = information.dataStart;
  return new Disk(load<i64>(at), load<i32>(at, 8), load<i32>(at, 12) != 0);
}
