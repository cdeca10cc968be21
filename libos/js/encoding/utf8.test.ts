import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeByStandard } from './utf8.ts';

const seed = 20261122;

/** Bytes at and next to every border that the decoder knows. */
const interesting = [
  0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
  0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xff,
];

test(`random bytes become what Node's decoder makes of them (seed ${seed})`, () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let state = seed;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * limit);
  };
  for (let count = 0; count < 20_000; count++) {
    const bytes = Uint8Array.from({ length: 1 + random(8) }, () => interesting[random(interesting.length)] ?? 0);
    assert.equal(decodeByStandard(bytes), decoder.decode(bytes), bytes.toHex());
  }
});
