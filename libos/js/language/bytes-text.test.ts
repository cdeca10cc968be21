import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/node-host.ts';
import { show } from '../testing/show.ts';
import { bytesText } from './bytes-text.ts';

const seed = 2026;
const { methods, statics } = bytesText;

const outcome = (run: () => unknown): string => {
  try {
    return show(run());
  } catch (error) {
    return (error as Error).name;
  }
};

const optionSets: readonly object[] = [
  {},
  { alphabet: 'base64url' },
  { lastChunkHandling: 'strict' },
  { lastChunkHandling: 'stop-before-partial' },
  { alphabet: 'base64url', lastChunkHandling: 'strict' },
  { omitPadding: true },
  { alphabet: 'nonsense' },
  { lastChunkHandling: 'nonsense' },
];

test(`random texts and bytes give what Node's own methods give (seed ${seed})`, () => {
  let state = seed;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const text = (alphabet: string, most: number): string =>
    Array.from({ length: random(most) }, () => alphabet[random(alphabet.length)]).join('');
  for (let count = 0; count < 20_000; count++) {
    const options = optionSets[random(optionSets.length)];
    const base64 = text('AQgwBZz09+/-_= \n', 12);
    const hex = text('09afAFg', 7);
    const size = random(7);
    const bytes = Uint8Array.from({ length: size }, () => random(256));
    const label = JSON.stringify([base64, hex, options, size]);
    const pairs: readonly (readonly [() => unknown, () => unknown])[] = [
      [() => statics.fromBase64(base64, options), () => Uint8Array.fromBase64(base64, options)],
      [() => statics.fromHex(hex), () => Uint8Array.fromHex(hex)],
      [() => methods.toBase64.call(bytes, options), () => bytes.toBase64(options)],
      [() => methods.toHex.call(bytes), () => bytes.toHex()],
    ];
    for (const [ours, nodes] of pairs) assert.equal(outcome(ours), outcome(nodes), label);
    // With room to spare: where it runs out, V8 looks at what follows and the standard does not (see below).
    const mine = new Uint8Array(9);
    const theirs = new Uint8Array(mine.length);
    assert.equal(
      outcome(() => methods.setFromBase64.call(mine, base64, options)),
      outcome(() => theirs.setFromBase64(base64, options)),
      label,
    );
    assert.deepEqual(mine, theirs, label);
    assert.equal(
      outcome(() => methods.setFromHex.call(mine, hex)),
      outcome(() => theirs.setFromHex(hex)),
      label,
    );
    assert.deepEqual(mine, theirs, label);
  }
});

const rooms: readonly (readonly [size: number, text: string, read: number, written: number])[] = [
  [0, 'QUJD', 0, 0],
  [1, 'QUJD', 0, 0],
  [2, 'QUJD', 0, 0],
  [3, 'QUJDREVG', 4, 3],
  [3, 'QUJD ', 4, 3],
  [4, 'QUJDRA==', 8, 4],
  [5, 'QUJDREVG', 4, 3],
];

for (const [size, text, read, written] of rooms) {
  test(`setFromBase64 of "${text}" into ${size} bytes reads ${read} characters (§23.3.1.5 steps 8 and 10)`, () => {
    assert.deepEqual(methods.setFromBase64.call(new Uint8Array(size), text), { read, written });
  });
}
