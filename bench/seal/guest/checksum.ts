/** CRC-32 by table and Adler-32 over the same bytes: a chain of dependent loads, and additions with a rare modulo. */
import { random, seed } from './random';

const size = 1 << 20;
const bytes = new StaticArray<u8>(size);
const table = new StaticArray<u32>(256);

seed(7);
for (let i = 0; i < size; i++) bytes[i] = <u8>random();
for (let i: u32 = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >> 1) : value >> 1;
  table[i] = value;
}

function crc32(): u32 {
  let crc: u32 = ~0;
  for (let i = 0; i < size; i++) crc = table[(crc ^ bytes[i]) & 255] ^ (crc >> 8);
  return ~crc;
}

function adler32(): u32 {
  let a: u32 = 1;
  let b: u32 = 0;
  for (let i = 0; i < size; ) {
    // 5552 is the most bytes before b can overflow (RFC 1950 §9).
    const end = min(i + 5552, size);
    for (; i < end; i++) {
      a += bytes[i];
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return (b << 16) | a;
}

export function run(): i32 {
  let sum: u32 = 0;
  for (let round = 0; round < 4; round++) sum = (sum << 1) ^ crc32() ^ adler32();
  return sum;
}
