/** An image carries what its program names, and nothing else of the web. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carried } from './size.ts';

test('a program that names Response alone carries no URL, streams, crypto, files or events', async () => {
  const { files, sizeBytes } = await carried(['Response']);
  assert.deepEqual(files, ['fetch/body.ts', 'fetch/headers.ts', 'fetch/response.ts', 'host.ts', 'parts.ts']);
  assert.ok(sizeBytes < 12_000, `${sizeBytes} bytes`);
});

test('naming body brings the streams along, and still no URL', async () => {
  const { files } = await carried(['Response', 'body']);
  assert.ok(files.includes('web-streams-polyfill'));
  assert.ok(!files.some((file) => file.startsWith('url/')));
});

test('hashing carries no curve and no cipher', async () => {
  const { files } = await carried(['crypto', 'subtle', 'SHA-256']);
  assert.ok(files.includes('@noble/hashes'));
  assert.ok(!files.includes('@noble/curves') && !files.includes('@noble/ciphers'));
});

test('compressing carries no decompression', async () => {
  const [both, one] = await Promise.all([
    carried(['CompressionStream', 'DecompressionStream']),
    carried(['CompressionStream']),
  ]);
  assert.ok(both.sizeBytes - one.sizeBytes > 10_000);
});

test('random values carry no subtle', async () => {
  const { files } = await carried(['crypto']);
  assert.deepEqual(files, ['crypto/crypto.ts', 'host.ts', 'parts.ts']);
});
