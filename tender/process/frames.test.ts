import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteWriter } from './bytes.ts';
import { createReplyReader, encodeRequest } from './frames.ts';

const frame = (kind: number, request: number, payload: Uint8Array): Uint8Array =>
  new ByteWriter()
    .u32(payload.length + 8)
    .u32(kind)
    .u32(request)
    .raw(payload)
    .finish();

const state = new ByteWriter()
  .u32(2)
  .u32(3)
  .u32(42)
  .u32(256)
  .u64(10)
  .u64(20)
  .u64(112)
  .u64(1)
  .field('id')
  .field('label')
  .field('report')
  .finish();

test('replies are read whole, however the stream is cut', () => {
  const stream = Buffer.concat([
    frame(0x80, 1, new Uint8Array()),
    frame(0x81, 2, new ByteWriter().field('Code').field('täxt').finish()),
    frame(0x82, 0, state),
  ]);
  const expected = [
    { kind: 'done', request: 1 },
    { kind: 'failed', request: 2, code: 'Code', message: 'täxt' },
    {
      kind: 'state',
      request: 0,
      state: {
        ...{ kind: 'ended', bootCount: 3, pid: 42, waitStatus: 256, startedAtNs: 10n, finishedAtNs: 20n },
        ...{ maximumResidentKiB: 112n, killedFor: 'stop', id: 'id', label: 'label', report: 'report' },
      },
    },
  ];
  for (const size of [1, 2, 3, 7, 64, stream.length]) {
    const read = createReplyReader();
    const replies = [];
    for (let at = 0; at < stream.length; at += size) replies.push(...read(stream.subarray(at, at + size)));
    assert.deepEqual(replies, expected, `pieces of ${size}`);
  }
});

test('what no tender would send is an error', () => {
  const wrong = [
    new ByteWriter().u32(4).finish(),
    new ByteWriter().u32(0xffff_ffff).finish(),
    frame(0x90, 1, new Uint8Array()),
    frame(0x81, 1, new ByteWriter().u32(99).finish()),
    frame(0x82, 0, state.subarray(0, 40)),
  ];
  for (const bytes of wrong) assert.throws(() => createReplyReader()(bytes), RangeError);
});

test('a stop request carries whole milliseconds that fit', () => {
  const bytes = Buffer.from(encodeRequest(7, { kind: 'stop', id: 'slot', graceMs: 1e15 }));
  assert.equal(bytes.readUInt32LE(0), bytes.length - 4);
  assert.equal(bytes.readUInt32LE(8), 7);
  assert.equal(bytes.readUInt32LE(12), 0x7fff_ffff);
});
