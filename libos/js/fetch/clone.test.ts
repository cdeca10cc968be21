/** Copies of bodies in an image without streams: this file links none. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/node-host.ts';
import type { BodyReader } from '../host.ts';
import { incomingRequest } from './glue.ts';

const reader = (whole: string | undefined, ...chunks: readonly string[]): BodyReader => {
  const rest = chunks.map((chunk) => new TextEncoder().encode(chunk));
  return {
    whole: () => (whole === undefined ? undefined : new TextEncoder().encode(whole)),
    read: async () => rest.shift() ?? null,
    cancel: () => undefined,
  };
};

test('a body that is here whole is shared', async () => {
  const request = incomingRequest('POST', 'http://h/', [], reader('text'));
  const copy = request.clone();
  assert.deepEqual([await request.text(), await copy.text()], ['text', 'text']);
});

test('a body that comes in chunks is read once for both', async () => {
  const request = incomingRequest('POST', 'http://h/', [], reader(undefined, 'a', 'b'));
  const copy = request.clone();
  const second = copy.clone();
  assert.deepEqual([await copy.text(), await request.text(), await second.text()], ['ab', 'ab', 'ab']);
});

test('what needs streams says which word links them', () => {
  const request = incomingRequest('POST', 'http://h/', [], reader('text'));
  assert.throws(() => request.body, /Request\.body needs the part "streams".*spells body/);
});
