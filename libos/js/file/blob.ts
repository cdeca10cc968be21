/** File API §3 the Blob interface. A blob's bytes never change, so slices share them. */

import { serializable } from '../clone/transfer.ts';
import { type Extracted, extractBody } from '../fetch/body.ts';
import { host } from '../host.ts';
import { needPart } from '../parts.ts';
import type { ReadableStream } from '../streams/streams.ts';

export type BlobPart = string | ArrayBuffer | ArrayBufferView<ArrayBufferLike> | Blob;

export interface BlobPropertyBag {
  readonly type?: string | undefined;
  readonly endings?: 'transparent' | 'native' | undefined;
}

export let bytesOfBlob: (blob: Blob) => Uint8Array<ArrayBuffer>;
export let isBlob: (value: unknown) => value is Blob;
/** A blob over bytes that nobody else will write to. */
export let blobOf: (bytes: Uint8Array<ArrayBuffer>, type: string) => Blob;

/** §3.1: a type with anything outside U+0020-U+007E is dropped. */
const normalType = (type: string): string => (/^[\x20-\x7e]*$/.test(type) ? type.toLowerCase() : '');

/** §3.1 process blob parts. */
function join(parts: Iterable<unknown>, endings: string): Uint8Array<ArrayBuffer> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for (const part of parts) {
    let chunk: Uint8Array;
    if (isBlob(part)) chunk = bytesOfBlob(part);
    else if (ArrayBuffer.isView(part)) chunk = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    else if (part instanceof ArrayBuffer) chunk = new Uint8Array(part);
    else {
      const text = String(part);
      chunk = host.encodeUtf8(endings === 'native' ? text.replace(/\r\n?/g, '\n') : text);
    }
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
  }
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

export class Blob {
  #bytes: Uint8Array<ArrayBuffer>;
  #type: string;

  constructor(parts?: Iterable<BlobPart>, options?: BlobPropertyBag | null) {
    const endings = options?.endings === undefined ? 'transparent' : String(options.endings);
    if (endings !== 'transparent' && endings !== 'native') {
      throw new TypeError(`Blob: "${endings}" is not a valid value of endings`);
    }
    if (parts === undefined) this.#bytes = new Uint8Array(0);
    else if (typeof parts !== 'object' || parts === null || typeof parts[Symbol.iterator] !== 'function') {
      throw new TypeError('Blob: the parts must be an array or another iterable object');
    } else this.#bytes = join(parts, endings);
    this.#type = options?.type === undefined ? '' : normalType(String(options.type));
  }

  get size(): number {
    return this.#bytes.byteLength;
  }

  get type(): string {
    return this.#type;
  }

  slice(start?: number, end?: number, contentType?: string): Blob {
    const size = this.#bytes.byteLength;
    // Web IDL [Clamp] long long, then §3.3.1.
    const place = (given: number | undefined, otherwise: number): number => {
      if (given === undefined) return otherwise;
      const number = Number(given);
      const whole = Number.isNaN(number) ? 0 : Math.round(number);
      return whole < 0 ? Math.max(size + whole, 0) : Math.min(whole, size);
    };
    const from = place(start, 0);
    const part = this.#bytes.subarray(from, Math.max(from, place(end, size)));
    return blobOf(part, contentType === undefined ? '' : normalType(String(contentType)));
  }

  text(): Promise<string> {
    return Promise.resolve(host.decodeUtf8(this.#bytes).replace(/^\ufeff/, ''));
  }

  bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return Promise.resolve(this.#bytes.slice());
  }

  arrayBuffer(): Promise<ArrayBuffer> {
    return Promise.resolve(this.#bytes.slice().buffer);
  }

  stream(): ReadableStream {
    return needPart('streams', 'Blob.stream').streamOf(this.#bytes);
  }

  /** A body of this kind (Fetch §5.2). */
  [extractBody](): Extracted {
    return { source: this.#bytes, type: this.#type === '' ? null : this.#type };
  }

  /** §3.1 serialization steps: the bytes never change, so a copy shares them. */
  [serializable](): Blob {
    return blobOf(this.#bytes, this.#type);
  }

  get [Symbol.toStringTag](): string {
    return 'Blob';
  }

  static {
    bytesOfBlob = (blob) => blob.#bytes;
    isBlob = (value): value is Blob => typeof value === 'object' && value !== null && #bytes in value;
    blobOf = (bytes, type) => {
      const blob = new Blob();
      blob.#bytes = bytes;
      blob.#type = type;
      return blob;
    };
  }
}
