/** RFC 3492 Punycode, §6.1 to §6.3, with the parameters of §5. */

const base = 36;
const lowest = 1;
const highest = 26;
const skew = 38;
const damp = 700;
const initialBias = 72;
const initialNumber = 128;
const largest = 0x7fffffff;

function adapt(given: number, pointCount: number, isFirst: boolean): number {
  let delta = Math.floor(given / (isFirst ? damp : 2));
  delta += Math.floor(delta / pointCount);
  let k = 0;
  for (; delta > ((base - lowest) * highest) / 2; k += base) delta = Math.floor(delta / (base - lowest));
  return k + Math.floor(((base - lowest + 1) * delta) / (delta + skew));
}

const threshold = (k: number, bias: number): number => Math.min(Math.max(k - bias, lowest), highest);

const digitChar = (digit: number): string => String.fromCharCode(digit < 26 ? digit + 0x61 : digit + 0x16);

function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x16;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x7a ? lower - 0x61 : base;
}

/** §6.3; null on overflow. */
export function encodePunycode(text: string): string | null {
  const points = Array.from(text, (char) => char.codePointAt(0) ?? 0);
  let output = points
    .filter((point) => point < 0x80)
    .map((point) => String.fromCharCode(point))
    .join('');
  const basicCount = output.length;
  let handled = basicCount;
  if (basicCount > 0) output += '-';
  let number = initialNumber;
  let delta = 0;
  let bias = initialBias;
  while (handled < points.length) {
    const next = points.reduce((least, point) => (point >= number && point < least ? point : least), largest);
    delta += (next - number) * (handled + 1);
    if (delta > largest) return null;
    number = next;
    for (const point of points) {
      if (point < number) delta++;
      if (point !== number) continue;
      let rest = delta;
      for (let k = base; ; k += base) {
        const t = threshold(k, bias);
        if (rest < t) break;
        output += digitChar(t + ((rest - t) % (base - t)));
        rest = Math.floor((rest - t) / (base - t));
      }
      output += digitChar(rest);
      bias = adapt(delta, handled + 1, handled === basicCount);
      delta = 0;
      handled++;
    }
    delta++;
    number++;
  }
  return output;
}

/** §6.2; null when it is no Punycode. */
export function decodePunycode(input: string): string | null {
  const delimiter = input.lastIndexOf('-');
  const points = Array.from(delimiter > 0 ? input.slice(0, delimiter) : '', (char) => char.charCodeAt(0));
  if (points.some((point) => point >= 0x80)) return null;
  let number = initialNumber;
  let index = 0;
  let bias = initialBias;
  for (let at = delimiter > 0 ? delimiter + 1 : 0; at < input.length; ) {
    const before = index;
    let weight = 1;
    for (let k = base; ; k += base) {
      const digit = at < input.length ? digitOf(input.charCodeAt(at++)) : base;
      if (digit >= base) return null;
      index += digit * weight;
      if (index > largest) return null;
      const t = threshold(k, bias);
      if (digit < t) break;
      weight *= base - t;
    }
    const count = points.length + 1;
    bias = adapt(index - before, count, before === 0);
    number += Math.floor(index / count);
    index %= count;
    if (number > 0x10ffff || (number >= 0xd800 && number <= 0xdfff)) return null;
    points.splice(index++, 0, number);
  }
  return points.map((point) => String.fromCodePoint(point)).join('');
}
