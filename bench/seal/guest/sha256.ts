/** SHA-256 (FIPS 180-4): rotations, many live values. */
import { random, seed } from './random';

const size = 1 << 19;
const bytes = new StaticArray<u8>(size);
const constants = new StaticArray<u32>(64);
const schedule = new StaticArray<u32>(64);
const hash = new StaticArray<u32>(8);

seed(11);
for (let i = 0; i < size; i++) bytes[i] = <u8>random();

/** The first 32 bits of the fractional part. */
function fraction(value: f64): u32 {
  return <u32>((value - Math.floor(value)) * 4294967296.0);
}

for (let candidate = 2, found = 0; found < 64; candidate++) {
  let isPrime = true;
  for (let divisor = 2; divisor * divisor <= candidate; divisor++) if (candidate % divisor === 0) isPrime = false;
  if (isPrime) constants[found++] = fraction(Math.cbrt(candidate));
}

function block(at: i32): void {
  for (let i = 0; i < 16; i++) schedule[i] = bswap(load<u32>(changetype<usize>(bytes) + at + i * 4));
  for (let i = 16; i < 64; i++) {
    const x = schedule[i - 15];
    const y = schedule[i - 2];
    const s0 = rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3);
    const s1 = rotr(y, 17) ^ rotr(y, 19) ^ (y >> 10);
    schedule[i] = schedule[i - 16] + s0 + schedule[i - 7] + s1;
  }
  let a = hash[0];
  let b = hash[1];
  let c = hash[2];
  let d = hash[3];
  let e = hash[4];
  let f = hash[5];
  let g = hash[6];
  let h = hash[7];
  for (let i = 0; i < 64; i++) {
    const s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    const t1 = h + s1 + ((e & f) ^ (~e & g)) + constants[i] + schedule[i];
    const s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    const t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  hash[0] += a;
  hash[1] += b;
  hash[2] += c;
  hash[3] += d;
  hash[4] += e;
  hash[5] += f;
  hash[6] += g;
  hash[7] += h;
}

export function run(): i32 {
  for (let i = 0; i < 8; i++) hash[i] = 0x6a09e667 + i;
  for (let round = 0; round < 4; round++) for (let at = 0; at < size; at += 64) block(at);
  return hash[0] ^ hash[7];
}
