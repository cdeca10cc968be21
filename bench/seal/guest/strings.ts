/** Scanning text: words, lines and a substring (Horspool 1980), byte by byte. */
import { random, seed } from './random';

const size = 1 << 20;
const text = new StaticArray<u8>(size);
const skips = new StaticArray<i32>(256);
const needleSize = 7;
const needle = new StaticArray<u8>(needleSize);

seed(17);
for (let i = 0; i < size; i++) {
  const kind = random() % 48;
  text[i] = kind === 0 ? 10 : kind < 8 ? 32 : <u8>(97 + (random() % 6));
}
for (let i = 0; i < needleSize; i++) needle[i] = <u8>(97 + ((i * 5 + 2) % 6));
for (let i = 0; i < 256; i++) skips[i] = needleSize;
for (let i = 0; i < needleSize - 1; i++) skips[needle[i]] = needleSize - 1 - i;

@inline
function isSpace(byte: u8): bool {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

function words(): i32 {
  let count = 0;
  let isInside = false;
  for (let i = 0; i < size; i++) {
    if (isSpace(text[i])) isInside = false;
    else if (!isInside) {
      isInside = true;
      count++;
    }
  }
  return count;
}

function longestLine(): i32 {
  let longest = 0;
  let start = 0;
  for (let i = 0; i < size; i++) {
    if (text[i] !== 10) continue;
    longest = max(longest, i - start);
    start = i + 1;
  }
  return longest;
}

function occurrences(): i32 {
  let count = 0;
  for (let at = 0; at <= size - needleSize; ) {
    let matched = needleSize - 1;
    while (matched >= 0 && text[at + matched] === needle[matched]) matched--;
    if (matched < 0) count++;
    at += skips[text[at + needleSize - 1]];
  }
  return count;
}

export function run(): i32 {
  let sum = 0;
  for (let round = 0; round < 3; round++) sum = sum * 7 + words() + longestLine() * 3 + occurrences() * 5;
  return sum;
}
