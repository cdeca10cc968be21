import { behind, lineEnd, lineStart, nextWord, number, valueByte, valueEnd, wordEnd } from './command-line';

export function environ(ptr: usize, len: i32): i32 {
  const end = lineEnd();
  let length = 0;
  for (let at = nextWord(lineStart()); at < end; at = nextWord(wordEnd(at))) {
    let from = behind(at, 'env.');
    if (from == 0) continue;
    const last = wordEnd(at);
    while (from < last) {
      const byte = valueByte(from);
      from = valueEnd;
      if (<u32>length < <u32>len) store<u8>(ptr + length, <u8>byte);
      length++;
    }
    if (<u32>length < <u32>len) store<u8>(ptr + length, 0);
    length++;
  }
  return length;
}

let idleKnown: bool = false;
let idleNs: i64 = 0;

/** Nanoseconds without anything happening after which the image ends with status 0; 0: never. */
export function idleTime(): i64 {
  if (idleKnown) return idleNs;
  idleKnown = true;
  const end = lineEnd();
  for (let at = nextWord(lineStart()); at < end; at = nextWord(wordEnd(at))) {
    const from = behind(at, 'idle_ns=');
    if (from != 0) idleNs = number(from);
  }
  return idleNs;
}
