/** Damage to modules, repeatable from a seed. */

/** Linear congruential, so that a seed means the same everywhere. */
export const randomFrom = (seed: number): (() => number) => {
  let state = (Math.imul(seed, 7919) + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  };
};

/** Ends of LEB128 ranges, type codes, block ends, prefixes. */
const interesting = [
  0x00, 0x01, 0x02, 0x0b, 0x05, 0x0c, 0x1a, 0x40, 0x41, 0x6f, 0x70, 0x7c, 0x7d, 0x7e, 0x7f, 0x80, 0xfc, 0xff,
];

/** One to three small changes: a byte replaced, increased, removed, added, or a stretch copied over another. */
export function mutate(bytes: Uint8Array, random: () => number): Uint8Array<ArrayBuffer> {
  const result = [...bytes];
  const anyByte = () => (random() % 3 === 0 ? random() & 0xff : (interesting[random() % interesting.length] ?? 0));
  for (let count = 1 + (random() % 3); count > 0; count -= 1) {
    // The first eight bytes are only worth a rare try.
    const at = Math.min(result.length - 1, (random() % 50 === 0 ? 0 : 8) + (random() % Math.max(1, result.length - 8)));
    switch (random() % 24) {
      case 0:
        result.splice(at, 1);
        break;
      case 1:
        result.splice(at, 0, anyByte());
        break;
      case 2:
        result[at] = ((result[at] ?? 0) ^ (1 << (random() & 7))) & 0xff;
        break;
      case 3:
        result[at] = ((result[at] ?? 0) + (random() & 1 ? 1 : 0xff)) & 0xff;
        break;
      case 4: {
        const from = random() % result.length;
        result.copyWithin(at, from, from + 1 + (random() & 15));
        break;
      }
      default:
        result[at] = anyByte();
    }
  }
  return Uint8Array.from(result);
}
