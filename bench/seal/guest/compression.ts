/** LZ77 with a hash table of the last places and byte-aligned output (as LZ4 has it), packed and unpacked. */
import { random, seed } from './random';

const size = 1 << 19;
const hashBits = 14;
const minimumMatch = 4;
const source = new StaticArray<u8>(size + 8);
const packed = new StaticArray<u8>(size * 2);
const unpacked = new StaticArray<u8>(size + 8);
const places = new StaticArray<i32>(1 << hashBits);

seed(23);
for (let i = 0; i < size; ) {
  if (i > 4096 && (random() & 3) !== 0) {
    const from = i - 1 - <i32>(random() % 4000);
    const length = min(4 + <i32>(random() % 40), size - i);
    for (let k = 0; k < length; k++) source[i++] = source[from + k];
  } else for (let k = 0; k < 8 && i < size; k++) source[i++] = <u8>(random() & 63);
}

function putLength(at: i32, length: i32): i32 {
  for (; length >= 255; length -= 255) packed[at++] = 255;
  packed[at++] = <u8>length;
  return at;
}

function pack(): i32 {
  const input = changetype<usize>(source);
  memory.fill(changetype<usize>(places), 0xff, 4 << hashBits);
  let out = 0;
  let literalStart = 0;
  let at = 0;
  while (at < size - minimumMatch) {
    const word = load<u32>(input + at);
    const slot = (word * 2654435761) >> (32 - hashBits);
    const place = places[slot];
    places[slot] = at;
    if (place < 0 || at - place > 65535 || load<u32>(input + place) !== word) {
      at++;
      continue;
    }
    let length = minimumMatch;
    while (at + length < size && source[at + length] === source[place + length]) length++;
    out = putLength(out, at - literalStart);
    for (let i = literalStart; i < at; i++) packed[out++] = source[i];
    const distance = at - place;
    packed[out++] = <u8>distance;
    packed[out++] = <u8>(distance >> 8);
    out = putLength(out, length - minimumMatch);
    at += length;
    literalStart = at;
  }
  out = putLength(out, size - literalStart);
  for (let i = literalStart; i < size; i++) packed[out++] = source[i];
  return out;
}

function unpack(packedSize: i32): i32 {
  let at = 0;
  let out = 0;
  while (at < packedSize) {
    let literals = 0;
    let byte: u8;
    do {
      byte = packed[at++];
      literals += byte;
    } while (byte === 255);
    for (let i = 0; i < literals; i++) unpacked[out++] = packed[at++];
    if (at >= packedSize) break;
    const distance = <i32>packed[at] | (<i32>packed[at + 1] << 8);
    at += 2;
    let length = minimumMatch;
    do {
      byte = packed[at++];
      length += byte;
    } while (byte === 255);
    for (let i = 0; i < length; i++, out++) unpacked[out] = unpacked[out - distance];
  }
  return out;
}

export function run(): i32 {
  let sum = 0;
  for (let round = 0; round < 4; round++) {
    const packedSize = pack();
    if (unpack(packedSize) !== size) return -1;
    if (memory.compare(changetype<usize>(source), changetype<usize>(unpacked), size) !== 0) return -2;
    sum = sum * 3 + packedSize;
  }
  return sum;
}
