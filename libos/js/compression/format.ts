/** Compression standard §4 Supported formats. */

export type CompressionFormat = 'deflate' | 'deflate-raw' | 'gzip';

/** zlib's `windowBits`: 15 with a zlib wrapper, negative for none, 16 more for a gzip wrapper. */
const windowBits: Readonly<Record<CompressionFormat, number>> = { deflate: 15, 'deflate-raw': -15, gzip: 31 };

export function windowBitsOf(given: unknown, owner: string): number {
  const format = String(given);
  if (!Object.hasOwn(windowBits, format)) {
    throw new TypeError(`${owner}: "${format}" is not a format; there are deflate, deflate-raw and gzip`);
  }
  return windowBits[format as CompressionFormat];
}

/** Output is handed on in pieces of at most this size. */
export const pieceBytes = 16_384;

export function bytesOfChunk(chunk: unknown, owner: string): Uint8Array {
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw new TypeError(`${owner}: a chunk must be an ArrayBuffer or a view of one`);
}
