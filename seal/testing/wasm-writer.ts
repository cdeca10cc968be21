/** Just enough of the binary format to write test modules: numbers, vectors, sections. */

export type Bytes = readonly number[];

export function unsigned(value: number | bigint): Bytes {
  let rest = BigInt(value);
  const bytes: number[] = [];
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest === 0n ? low : low | 0x80);
  } while (rest !== 0n);
  return bytes;
}

export function signedNumber(value: number | bigint): Bytes {
  let rest = BigInt(value);
  const bytes: number[] = [];
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) {
      bytes.push(low);
      return bytes;
    }
    bytes.push(low | 0x80);
  }
}

export const vector = (items: readonly Bytes[]): Bytes => [...unsigned(items.length), ...items.flat()];

export const text = (value: string): Bytes => {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
};

export const section = (id: number, content: Bytes): Bytes => [id, ...unsigned(content.length), ...content];

export const header: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

export const typeCodes: Readonly<Record<string, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
};

const littleEndian = (bits: bigint, sizeBytes: number): Bytes =>
  Array.from({ length: sizeBytes }, (_, index) => Number((bits >> BigInt(index * 8)) & 0xffn));

/** The const instruction for a bit pattern. References are native addresses, which only the compiler's own tests may write. */
export function constant(type: string, bits: bigint): Bytes {
  switch (type) {
    case 'i32':
      return [0x41, ...signedNumber(BigInt.asIntN(32, bits))];
    case 'f32':
      return [0x43, ...littleEndian(bits, 4)];
    case 'f64':
      return [0x44, ...littleEndian(bits, 8)];
    case 'v128':
      return [0xfd, 0x0c, ...littleEndian(bits, 16)];
    default:
      return [0x42, ...signedNumber(BigInt.asIntN(64, bits))];
  }
}
