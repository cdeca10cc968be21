/** Writes the DER that certificates are made of (ITU-T X.690 §8, §10). Only writing: certificates are read by OpenSSL. */

export type Der = Uint8Array;

function element(tag: number, ...contents: readonly Uint8Array[]): Der {
  const content = Buffer.concat(contents);
  const { length } = content;
  const header =
    length < 0x80 ? [tag, length] : length < 0x100 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 0xff];
  return Buffer.concat([Uint8Array.from(header), content]);
}

export const sequence = (...items: readonly Der[]): Der => element(0x30, ...items);
export const set = (...items: readonly Der[]): Der => element(0x31, ...items);
export const octets = (content: Uint8Array): Der => element(0x04, content);
export const boolean = (value: boolean): Der => element(0x01, Uint8Array.of(value ? 0xff : 0));
export const utf8 = (text: string): Der => element(0x0c, Buffer.from(text));
/** `[n]` around further elements. */
export const explicit = (tag: number, ...items: readonly Der[]): Der => element(0xa0 | tag, ...items);
/** `[n]` in place of the tag of a primitive value. */
export const implicit = (tag: number, content: Uint8Array): Der => element(0x80 | tag, content);
export const bits = (content: Uint8Array, unusedBits = 0): Der => element(0x03, Uint8Array.of(unusedBits), content);

/** A positive integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Der {
  const first = bytes.findIndex((byte) => byte !== 0);
  const shortest = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  return (shortest[0] ?? 0) >= 0x80 ? element(0x02, Uint8Array.of(0), shortest) : element(0x02, shortest);
}

/** `1.2.840.10045.2.1` */
export function objectIdentifier(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Uint8Array.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const groups = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
  return groups;
}

/** UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5). */
export function time(date: Date): Der {
  const digits = date.toISOString().replace(/[-:T]|\.\d+/g, '');
  return date.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2)))
    : element(0x18, Buffer.from(digits));
}
