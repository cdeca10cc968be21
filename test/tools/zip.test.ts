import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { readZipEntry } from './zip.ts';

function zipOf(name: string, content: Buffer, method: number): Buffer {
  const packed = method === 8 ? deflateRawSync(content) : content;
  const local = Buffer.alloc(30);
  local.writeUInt32LE(0x04034b50, 0);
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.writeUInt32LE(0x02014b50, 0);
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(crc32(content), 16);
  entry.writeUInt32LE(packed.length, 20);
  entry.writeUInt32LE(content.length, 24);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt32LE(local.length + name.length + packed.length, 16);
  return Buffer.concat([local, Buffer.from(name), packed, entry, Buffer.from(name), end]);
}

test('stored and deflated entries come back as they went in', () => {
  const content = Buffer.from('one two three '.repeat(100));
  for (const method of [0, 8]) assert.deepEqual(readZipEntry(zipOf('a/b', content, method), 'a/b'), content);
});

test('a missing entry is an error that lists what is there', () => {
  assert.throws(() => readZipEntry(zipOf('a/b', Buffer.from('x'), 0), 'c'), /no entry c; it has a\/b/);
});

test('a damaged entry is an error', () => {
  const zip = zipOf('a', Buffer.from('hello'), 0);
  zip.writeUInt8(0, 31);
  assert.throws(() => readZipEntry(zip, 'a'), /checksum/);
});

test('something else than a ZIP file is an error', () => {
  assert.throws(() => readZipEntry(Buffer.alloc(100), 'a'), /not a ZIP file/);
});
