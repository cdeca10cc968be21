/** What the headers of a virtio image say, before a machine is made for it. */
import { open } from 'node:fs/promises';
import { TenderError } from '../instances.ts';

const headerBytes = 64;
const programHeaderBytes = 56;
const loaded = 1;

/** RAM the image's segments reach into. Rejects with a `TenderError` when the file cannot be read or is no such image. */
export async function loadedBytes(path: string): Promise<number> {
  const file = await open(path).catch((error: Error) => {
    throw new TenderError('image', `cannot read the image: ${error.message}`);
  });
  try {
    const header = Buffer.alloc(headerBytes);
    const { bytesRead } = await file.read(header, 0, headerBytes, 0);
    // ELF, 64-bit, little endian, executable, x86-64 (System V ABI).
    const isImage = bytesRead === headerBytes && header.readUInt32BE(0) === 0x7f454c46 && header[4] === 2;
    if (!isImage || header.readUInt32LE(16) !== 0x003e_0002) throw notAnImage(path);
    const count = header.readUInt16LE(56);
    const table = Buffer.alloc(count * programHeaderBytes);
    const read = await file.read(table, 0, table.length, Number(header.readBigUInt64LE(32)));
    if (read.bytesRead !== table.length) throw notAnImage(path);
    let end = 0;
    for (let at = 0; at < table.length; at += programHeaderBytes) {
      if (table.readUInt32LE(at) !== loaded) continue;
      end = Math.max(end, Number(table.readBigUInt64LE(at + 24) + table.readBigUInt64LE(at + 40)));
    }
    return end;
  } finally {
    await file.close();
  }
}

const notAnImage = (path: string): TenderError =>
  new TenderError('image', `${path} is no executable for x86-64; build the image with target virtio`);
