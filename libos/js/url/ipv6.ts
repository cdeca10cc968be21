/** URL standard §3.5 the IPv6 parser, §3.6 the IPv6 serializer. */

/** One dotted decimal byte, without leading zeros. */
const decimalByte = /^(?:0|[1-9][0-9]{0,2})$/;
const piece = /^[0-9A-Fa-f]{1,4}$/;

/** The embedded IPv4 address as two pieces; null is failure. */
function piecesOfIpv4(text: string): number[] | null {
  const bytes = text.split('.');
  if (bytes.length !== 4 || !bytes.every((byte) => decimalByte.test(byte) && Number(byte) <= 255)) return null;
  const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
  return [a * 256 + b, c * 256 + d];
}

/** Pieces between colons; an IPv4 address may stand only at the end of the address. */
function piecesOf(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const parts = text.split(':');
  const pieces: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (piece.test(part)) pieces.push(Number.parseInt(part, 16));
    else if (mayEndInIpv4 && index === parts.length - 1) {
      const last = piecesOfIpv4(part);
      if (last === null) return null;
      pieces.push(...last);
    } else return null;
  }
  return pieces;
}

/** The eight pieces of what stands between the brackets; null is failure. */
export function parseIpv6(text: string): readonly number[] | null {
  const gap = text.indexOf('::');
  if (gap < 0) {
    const pieces = piecesOf(text, true);
    return pieces?.length === 8 ? pieces : null;
  }
  const head = piecesOf(text.slice(0, gap), false);
  const tail = piecesOf(text.slice(gap + 2), true);
  // The gap stands for at least one piece of zeros.
  if (head === null || tail === null || head.length + tail.length > 7) return null;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** §3.6: the first of the longest runs of two or more zero pieces becomes "::" (RFC 5952 §4.2). */
export function serializeIpv6(pieces: readonly number[]): string {
  let best = { start: -1, length: 1 };
  for (let start = 0; start < 8; ) {
    let end = start;
    while (end < 8 && pieces[end] === 0) end++;
    if (end - start > best.length) best = { start, length: end - start };
    start = Math.max(end, start + 1);
  }
  const texts = pieces.map((value) => value.toString(16));
  if (best.start < 0) return texts.join(':');
  return `${texts.slice(0, best.start).join(':')}::${texts.slice(best.start + best.length).join(':')}`;
}
