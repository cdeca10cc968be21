import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { takeAddressRange } from './address-range.ts';
import { startCell } from './cell.ts';
import { recall, remember } from './memory.ts';
import { tenderSocketPath } from './socket-path.ts';

function temporaryDirectory(context: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-cell-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function start(directory: string, more: { readonly port?: number } = {}) {
  return startCell({
    dataDirectory: join(directory, 'data'),
    imageStoreDirectory: join(directory, 'images'),
    tender: { kind: 'node' },
    nodeName: 'here',
    ...more,
  });
}

test('a second cell on the same data directory is refused and leaves the first alone', async (context) => {
  const directory = temporaryDirectory(context);
  const first = await start(directory);
  await assert.rejects(start(directory), /the kernel did not start/);
  assert.ok(first.servers().every(({ phase, restartCount }) => phase === 'running' && restartCount === 0));
  await first.close();
});

test('a port that is in use is said with the code of the operating system', async (context) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  context.after(() => other.close());
  const address = other.address();
  assert.ok(typeof address === 'object' && address !== null);
  await assert.rejects(start(temporaryDirectory(context), { port: address.port }), { code: 'EADDRINUSE' });
});

test('an address range is held by one cell, preferred by the next, and free again afterwards', async () => {
  const first = await takeAddressRange(undefined);
  const second = await takeAddressRange(first.range);
  assert.notEqual(second.range, first.range);
  await first.release();
  const third = await takeAddressRange(first.range);
  assert.equal(third.range, first.range);
  await Promise.all([second.release(), third.release()]);
});

test('what a cell remembers survives, and a torn file is forgotten', (context) => {
  const directory = temporaryDirectory(context);
  assert.deepEqual(recall(directory), {});
  const memory = { port: 6443, addressRange: 20, nodeName: 'here' };
  remember(directory, memory);
  assert.deepEqual(recall(directory), memory);
  writeFileSync(join(directory, 'cell.json'), '{"port":');
  assert.deepEqual(recall(directory), {});
});

test('a data directory with a long name keeps its socket in a private directory with a short one', (context) => {
  const directory = temporaryDirectory(context);
  assert.equal(tenderSocketPath(directory), join(directory, 'tender.sock'));
  const long = join(directory, 'x'.repeat(120));
  const path = tenderSocketPath(long);
  context.after(() => rmSync(dirname(path), { recursive: true }));
  assert.ok(Buffer.byteLength(path) <= 107);
  assert.equal(tenderSocketPath(long), path);
  chmodSync(dirname(path), 0o777);
  assert.throws(() => tenderSocketPath(long), /belongs to somebody else/);
});
