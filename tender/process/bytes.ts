/** Little-endian records of u16/u32/u64 and length-prefixed bytes: the one encoding of spec and frames. */

export class ByteWriter {
  readonly #chunks: Uint8Array[] = [];

  u16(value: number): this {
    return this.#number(2, (view) => view.setUint16(0, value, true));
  }

  u32(value: number): this {
    return this.#number(4, (view) => view.setUint32(0, value, true));
  }

  u64(value: number | bigint): this {
    return this.#number(8, (view) => view.setBigUint64(0, BigInt(value), true));
  }

  raw(bytes: Uint8Array): this {
    this.#chunks.push(bytes);
    return this;
  }

  /** u32 length, then the bytes. */
  field(value: string | Uint8Array): this {
    const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    return this.u32(bytes.length).raw(bytes);
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks);
  }

  #number(sizeBytes: number, set: (view: DataView) => void): this {
    const bytes = new Uint8Array(sizeBytes);
    set(new DataView(bytes.buffer));
    return this.raw(bytes);
  }
}

/** Throws a RangeError at the end of the record. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  u32(): number {
    const value = this.#view.getUint32(this.#at, true);
    this.#at += 4;
    return value;
  }

  u64(): bigint {
    const value = this.#view.getBigUint64(this.#at, true);
    this.#at += 8;
    return value;
  }

  text(): string {
    const length = this.u32();
    if (this.#at + length > this.#bytes.length) throw new RangeError('field is longer than its record');
    const text = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + this.#at, length).toString('utf8');
    this.#at += length;
    return text;
  }
}
