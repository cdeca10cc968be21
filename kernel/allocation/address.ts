/** IP addresses as numbers, and blocks of them as Services are given them from. */
import { isIP } from 'node:net';

export type Family = 'IPv4' | 'IPv6';

const bits: Readonly<Record<Family, number>> = { IPv4: 32, IPv6: 128 };

export function familyOf(address: string): Family | undefined {
  const version = isIP(address);
  return version === 4 ? 'IPv4' : version === 6 ? 'IPv6' : undefined;
}

/** The one spelling an address has as a name (RFC 5952). */
export function canonical(address: string): string {
  return familyOf(address) === 'IPv6' ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address;
}

export function toNumber(address: string): bigint {
  if (familyOf(address) === 'IPv4') return joined(address.split('.').map(BigInt), 8n);
  const [head = '', tail] = canonical(address).split('::');
  const groups = (text: string): bigint[] => (text === '' ? [] : text.split(':').map((group) => BigInt(`0x${group}`)));
  const [left, right] = [groups(head), groups(tail ?? '')];
  return joined([...left, ...Array<bigint>(8 - left.length - right.length).fill(0n), ...right], 16n);
}

const joined = (parts: readonly bigint[], width: bigint): bigint =>
  parts.reduce((sum, part) => (sum << width) | part, 0n);

export function toText(value: bigint, family: Family): string {
  const parts = (width: number, count: number): bigint[] =>
    Array.from(
      { length: count },
      (_, index) => (value >> BigInt(width * (count - 1 - index))) & ((1n << BigInt(width)) - 1n),
    );
  if (family === 'IPv4') return parts(8, 4).join('.');
  return canonical(
    parts(16, 8)
      .map((part) => part.toString(16))
      .join(':'),
  );
}

/** What of a block can be given out. */
export interface Block {
  readonly family: Family;
  readonly first: bigint;
  readonly last: bigint;
  /** From here on addresses are chosen; those before it are left to whoever asks for one by name as long as possible. */
  readonly firstChosen: bigint;
}

/** Neither the network's own address nor an IPv4 network's broadcast address is for a Service (KEP-3070 for the rest). */
export function blockOf(text: string): Block | undefined {
  const [address = '', prefix = '', ...rest] = text.split('/');
  const family = familyOf(address);
  if (family === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefix) || Number(prefix) > bits[family])
    return undefined;
  const size = 1n << BigInt(bits[family] - Number(prefix));
  const network = (toNumber(address) / size) * size;
  const first = network + 1n;
  const last = network + size - (family === 'IPv4' ? 2n : 1n);
  return { family, first, last, firstChosen: first + namedCount(size) };
}

/** min(max(16, size / 16), 256), and none of a block of 16. */
function namedCount(size: bigint): bigint {
  if (size <= 16n) return 0n;
  const share = size / 16n;
  return share < 16n ? 16n : share > 256n ? 256n : share;
}

export const contains = ({ first, last }: Block, value: bigint): boolean => value >= first && value <= last;
