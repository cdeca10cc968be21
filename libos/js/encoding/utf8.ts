/**
 * Encoding standard §8.1.1 the UTF-8 decoder, in full. Slow: only for bytes of which a faster decoder has said that they
 * are malformed, as engines differ in how many U+FFFD they make of a sequence that breaks off.
 */
export function decodeByStandard(bytes: Uint8Array): string {
  const units: number[] = [];
  let point = 0;
  let needed = 0;
  let lowest = 0x80;
  let highest = 0xbf;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (needed === 0) {
      if (byte < 0x80) units.push(byte);
      else if (byte >= 0xc2 && byte <= 0xdf) {
        needed = 1;
        point = byte & 0x1f;
      } else if (byte >= 0xe0 && byte <= 0xef) {
        if (byte === 0xe0) lowest = 0xa0;
        if (byte === 0xed) highest = 0x9f;
        needed = 2;
        point = byte & 0xf;
      } else if (byte >= 0xf0 && byte <= 0xf4) {
        if (byte === 0xf0) lowest = 0x90;
        if (byte === 0xf4) highest = 0x8f;
        needed = 3;
        point = byte & 0x7;
      } else units.push(0xfffd);
      continue;
    }
    const isExpected = byte >= lowest && byte <= highest;
    lowest = 0x80;
    highest = 0xbf;
    if (!isExpected) {
      needed = 0;
      units.push(0xfffd);
      // The byte may begin a new sequence ("prepend").
      at--;
      continue;
    }
    point = (point << 6) | (byte & 0x3f);
    if (--needed > 0) continue;
    if (point > 0xffff) units.push(0xd800 + ((point - 0x10000) >> 10), 0xdc00 + ((point - 0x10000) & 0x3ff));
    else units.push(point);
  }
  if (needed > 0) units.push(0xfffd);
  let text = '';
  for (let at = 0; at < units.length; at += 8192) text += String.fromCharCode.apply(null, units.slice(at, at + 8192));
  return text;
}
