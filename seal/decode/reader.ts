import { ModuleError } from './error.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Cursor over a part of the module. Every read is bounds-checked; offsets in errors count from the module's first byte. */
export class Reader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.offset >= this.end;
  }

  fail(what: string, offset = this.offset): never {
    throw new ModuleError('malformed', what, offset);
  }

  private take(count: number): number {
    const at = this.offset;
    if (count > this.end - at) this.fail('unexpected end');
    this.offset = at + count;
    return at;
  }

  byte(): number {
    return this.bytes[this.take(1)] ?? 0;
  }

  peek(): number {
    if (this.done) this.fail('unexpected end');
    return this.bytes[this.offset] ?? 0;
  }

  /** LEB128, core specification §5.2.2: at most ceil(32/7) bytes, unused bits zero. */
  u32(): number {
    let result = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && (byte & 0x70) !== 0) this.fail('integer too large', this.offset - 1);
      result += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return result;
    }
    return this.fail('integer representation too long');
  }

  s32(): number {
    return Number(this.signed(32));
  }

  s33(): number {
    return Number(this.signed(33));
  }

  s64(): bigint {
    return this.signed(64);
  }

  private signed(width: number): bigint {
    const start = this.offset;
    let low = 0;
    let shift = 0;
    // The first four bytes fit a small integer, which covers nearly every constant there is.
    for (; shift < 28; shift += 7) {
      const byte = this.byte();
      low |= (byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt((low << (25 - shift)) >> (25 - shift));
    }
    let result = BigInt(low);
    for (; shift < width; shift += 7) {
      const byte = this.byte();
      result |= BigInt(byte & 0x7f) << BigInt(shift);
      if (byte < 0x80) {
        const value = BigInt.asIntN(Math.min(shift + 7, 64), result);
        if (BigInt.asIntN(width, value) !== value) this.fail('integer too large', start);
        if (shift + 7 > 64 && byte !== 0x00 && byte !== 0x7f) this.fail('integer too large', start);
        return value;
      }
    }
    return this.fail('integer representation too long', start);
  }

  /** Bit pattern of an IEEE number. */
  f32Bits(): bigint {
    return BigInt(this.view.getUint32(this.take(4), true));
  }

  f64Bits(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  v128Bits(): bigint {
    const at = this.take(16);
    return this.view.getBigUint64(at, true) | (this.view.getBigUint64(at + 8, true) << 64n);
  }

  fixedU32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  slice(count: number): Uint8Array {
    const at = this.take(count);
    return this.bytes.subarray(at, at + count);
  }

  name(): string {
    const size = this.u32();
    const at = this.offset;
    const bytes = this.slice(size);
    try {
      return utf8.decode(bytes);
    } catch {
      return this.fail('malformed UTF-8 encoding', at);
    }
  }

  /** A vector, core specification §5.1.3. */
  vector<T>(item: (index: number) => T): T[] {
    const count = this.u32();
    if (count > this.end - this.offset) this.fail('length out of bounds');
    const items: T[] = [];
    for (let index = 0; index < count; index += 1) items.push(item(index));
    return items;
  }
}
