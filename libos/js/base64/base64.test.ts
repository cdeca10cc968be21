import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/node-host.ts';
import { atob as ours, btoa as oursToo } from './base64.ts';

const seed = 64;

test(`random bytes and random text both ways are as in Node (seed ${seed})`, () => {
  let state = seed;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const outcome = (run: () => string): string => {
    try {
      return run();
    } catch (error) {
      return (error as Error).name;
    }
  };
  const alphabet = 'ABYZabyz0189+/==  \n-_é';
  for (let count = 0; count < 10_000; count++) {
    const bytes = Array.from({ length: random(20) }, () => String.fromCharCode(random(260))).join('');
    assert.equal(
      outcome(() => oursToo(bytes)),
      outcome(() => btoa(bytes)),
    );
    const text = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)]).join('');
    assert.equal(
      outcome(() => ours(text)),
      outcome(() => atob(text)),
      JSON.stringify(text),
    );
  }
});
