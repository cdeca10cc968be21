/** A recursive JSON parser (RFC 8259) over a generated document: switches, small calls, number conversion. */
import { random, seed } from './random';

const capacity = 1 << 20;
const text = new StaticArray<u8>(capacity);
let size = 0;
let at = 0;
let isWrong = false;

function put(byte: i32): void {
  text[size++] = <u8>byte;
}

function putNumber(): void {
  const value = <i32>(random() % 1_000_000);
  for (let power = 100_000; power > 0; power /= 10) put(48 + ((value / power) % 10));
  if (value & 1) {
    put(46);
    put(48 + (value % 10));
  }
}

function putString(): void {
  put(34);
  const length = 3 + <i32>(random() % 12);
  for (let i = 0; i < length; i++) {
    const byte = 97 + <i32>(random() % 26);
    if (byte === 122) {
      put(92);
      put(110);
    } else put(byte);
  }
  put(34);
}

function putValue(depth: i32): void {
  const kind = random() % <u32>(depth === 0 ? 3 : 6);
  if (kind === 0) putString();
  else if (kind === 1) putNumber();
  else if (kind === 2) {
    put(116);
    put(114);
    put(117);
    put(101);
  } else {
    const isObject = kind > 3;
    put(isObject ? 123 : 91);
    const count = 2 + <i32>(random() % 6);
    for (let i = 0; i < count; i++) {
      if (i > 0) put(44);
      put(32);
      if (isObject) {
        putString();
        put(58);
        put(32);
      }
      putValue(depth - 1);
    }
    put(isObject ? 125 : 93);
  }
}

function skipSpace(): void {
  while (at < size) {
    const byte = text[at];
    if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) return;
    at++;
  }
}

function expectWord(word: u32, length: i32): u32 {
  if (load<u32>(changetype<usize>(text) + at) !== word) isWrong = true;
  at += length;
  return word;
}

function parseString(): u32 {
  let hash: u32 = 2166136261;
  at++;
  while (at < size) {
    let byte: u32 = text[at++];
    if (byte === 34) return hash;
    if (byte === 92) {
      byte = text[at++];
      switch (byte) {
        case 110: byte = 10; break;
        case 116: byte = 9; break;
        case 114: byte = 13; break;
        case 98: byte = 8; break;
        case 102: byte = 12; break;
        case 34:
        case 47:
        case 92: break;
        default: isWrong = true;
      }
    }
    hash = (hash ^ byte) * 16777619;
  }
  isWrong = true;
  return hash;
}

function parseNumber(): u32 {
  let value = 0.0;
  while (at < size && <u32>(text[at] - 48) < 10) value = value * 10.0 + <f64>(text[at++] - 48);
  if (at < size && text[at] === 46) {
    at++;
    let scale = 0.1;
    for (; at < size && <u32>(text[at] - 48) < 10; scale *= 0.1) value += scale * <f64>(text[at++] - 48);
  }
  return <u32>(value * 10.0);
}

function parseItems(close: u8, hasKeys: bool): u32 {
  let sum: u32 = close;
  at++;
  skipSpace();
  if (text[at] === close) {
    at++;
    return sum;
  }
  while (!isWrong) {
    if (hasKeys) {
      skipSpace();
      sum = sum * 31 + parseString();
      skipSpace();
      if (text[at++] !== 58) isWrong = true;
    }
    sum = sum * 33 + parseValue();
    skipSpace();
    const next = text[at++];
    if (next === close) break;
    if (next !== 44) isWrong = true;
  }
  return sum;
}

function parseValue(): u32 {
  skipSpace();
  switch (text[at]) {
    case 123: return parseItems(125, true);
    case 91: return parseItems(93, false);
    case 34: return parseString();
    case 116: return expectWord(0x65757274, 4);
    case 110: return expectWord(0x6c6c756e, 4);
    case 102: return expectWord(0x736c6166, 5);
    default: return parseNumber();
  }
}

seed(19);
put(91);
while (size < capacity - 100_000) {
  putValue(5);
  put(44);
}
putNumber();
put(93);

export function run(): i32 {
  let sum: u32 = 0;
  for (let round = 0; round < 3; round++) {
    at = 0;
    isWrong = false;
    sum = sum * 3 + parseValue();
    if (isWrong || at !== size) return 0;
  }
  return sum;
}
