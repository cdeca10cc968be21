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

test('hashing carries no curve, no cipher and no RSA', async () => {
  const { files } = await carried(['crypto', 'subtle', 'SHA-256']);
  const native = files.filter((file) => file.startsWith('crypto/native/'));
  assert.deepEqual(native, ['crypto/native/compute.ts', 'crypto/native/families.ts', 'crypto/native/hashes.ts']);
  assert.ok(!files.includes('@noble/ciphers'));
});

test('each algorithm brings the family that computes it', async () => {
  for (const [algorithm, family] of [
    ['ECDSA', 'p256'],
    ['ECDH', 'p256'],
    ['Ed25519', 'ed25519'],
    ['X25519', 'x25519'],
    ['RSASSA-PKCS1-v1_5', 'powers'],
    ['RSA-PSS', 'powers'],
  ] as const) {
    const { files } = await carried(['crypto', 'subtle', algorithm]);
    const native = files.filter((file) => /^crypto\/native\/(?!compute|families|hashes)/.test(file));
    assert.deepEqual(native, [`crypto/native/${family}.ts`], algorithm);
  }
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
