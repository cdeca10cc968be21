/**
 * A reader for the ZIP files we fetch: stored and deflated entries, no encryption, no ZIP64 (APPNOTE.TXT 6.3.10
 * §4.3). Machines without `unzip` are the reason it exists.
 */
import { crc32, inflateRawSync } from 'node:zlib';

const endOfDirectory = { signature: 0x06054b50, sizeBytes: 22 };
const directoryEntry = { signature: 0x02014b50, sizeBytes: 46 };
const localHeader = { signature: 0x04034b50, sizeBytes: 30 };
const commentMaxBytes = 0xffff;

export function readZipEntry(zip: Buffer, name: string): Buffer {
  let at = directoryStart(zip);
  const names: string[] = [];
  while (at + directoryEntry.sizeBytes <= zip.length && zip.readUInt32LE(at) === directoryEntry.signature) {
    const nameBytes = zip.readUInt16LE(at + 28);
    const entryName = zip.toString('utf8', at + directoryEntry.sizeBytes, at + directoryEntry.sizeBytes + nameBytes);
    if (entryName === name) return unpack(zip, at, name);
    names.push(entryName);
    at += directoryEntry.sizeBytes + nameBytes + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  throw new Error(`the ZIP file has no entry ${name}; it has ${names.join(', ') || 'none'}`);
}

function directoryStart(zip: Buffer): number {
  const last = zip.length - endOfDirectory.sizeBytes;
  for (let at = last; at >= Math.max(0, last - commentMaxBytes); at--) {
    if (zip.readUInt32LE(at) === endOfDirectory.signature) return zip.readUInt32LE(at + 16);
  }
  throw new Error('not a ZIP file: it has no end-of-central-directory record');
}

function unpack(zip: Buffer, at: number, name: string): Buffer {
  const method = zip.readUInt16LE(at + 10);
  const checksum = zip.readUInt32LE(at + 16);
  const packedBytes = zip.readUInt32LE(at + 20);
  const header = zip.readUInt32LE(at + 42);
  if (zip.readUInt32LE(header) !== localHeader.signature) throw new Error(`${name}: the ZIP file is damaged`);
  const start = header + localHeader.sizeBytes + zip.readUInt16LE(header + 26) + zip.readUInt16LE(header + 28);
  const packed = zip.subarray(start, start + packedBytes);
  const bytes = method === 0 ? packed : method === 8 ? inflateRawSync(packed) : undefined;
  if (bytes === undefined) throw new Error(`${name}: ZIP compression method ${method} is not supported`);
  if (crc32(bytes) !== checksum) throw new Error(`${name}: the checksum in the ZIP file does not match`);
  return bytes;
}
