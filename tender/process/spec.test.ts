import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest } from '@diatom/libos/manifest';
import type { SlotSpec } from '../instances.ts';
import { decodeLabel } from './label.ts';
import { encodeSpec, specMagic } from './spec.ts';

const manifest: Manifest = {
  schemaVersion: 1,
  machineVersion: 1,
  name: 'hello',
  created: '2000-01-01T00:00:00Z',
  generator: 'test',
  ports: [{ name: 'http', port: 8080 }],
  connect: [],
  memory: { initialBytes: 65_536, maximumBytes: 65_536, stackBytes: 65_536 },
  machineCalls: [],
  systemCalls: ['write', 'exit_group'],
  functions: [],
  layers: [{ role: 'symbols', digest: `sha256:${'ab'.repeat(32)}`, sizeBytes: 2 }],
};

const connecting: Manifest = { ...manifest, machineCalls: ['sock_connect'], connect: ['db:5432'] };

const spec = (more: Partial<SlotSpec> = {}): SlotSpec => ({
  id: 'slot',
  manifest,
  target: 'process',
  imagePath: '/images/blobs/sha256/00',
  listen: [{ port: 8080, address: '127.0.0.2', hostPort: 80 }],
  environment: { A: '1', B: 'zwei' },
  memoryLimitBytes: 5 * 2 ** 32,
  boot: 'lazy',
  idleTimeoutMs: 1.5,
  timeLimitMs: 0,
  logPath: '/logs/slot.log',
  ...more,
});

const fieldsOf = (bytes: Uint8Array, from: number): readonly Buffer[] => {
  const view = Buffer.from(bytes);
  const fields: Buffer[] = [];
  for (let at = from; at < view.length; ) {
    const length = view.readUInt32LE(at);
    fields.push(view.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return fields;
};

test('a spec is the documented record', () => {
  const bytes = Buffer.from(encodeSpec(spec({ timeLimitMs: 250 })));
  assert.equal(bytes.readUInt32LE(0), specMagic);
  assert.equal(bytes.readUInt32LE(4), 1);
  assert.equal(bytes.readBigUInt64LE(8), 1_500_000n);
  assert.equal(bytes.readBigUInt64LE(16), 250_000_000n);
  assert.equal(bytes.readBigUInt64LE(24), 5n * 2n ** 32n);
  assert.equal(bytes.readBigUInt64LE(32), 65_536n);
  assert.equal(bytes.readUInt32LE(40), 1);
  assert.deepEqual([...bytes.subarray(48, 60)], [4, 0, 0x90, 0x1f, 80, 0, 0, 0, 127, 0, 0, 2]);
  const [id, imagePath, logPath, label, environment, filter] = fieldsOf(bytes, 72);
  assert.equal(String(id), 'slot');
  assert.equal(String(imagePath), '/images/blobs/sha256/00');
  assert.equal(String(logPath), '/logs/slot.log');
  assert.equal(String(environment), 'A=1\0B=zwei\0');
  assert.equal((filter?.length ?? 1) % 8, 0);
  assert.deepEqual(decodeLabel(String(label)), {
    name: 'hello',
    memoryLimitBytes: 5 * 2 ** 32,
    timeLimitMs: 250,
    symbolsPath: `/images/blobs/sha256/${'ab'.repeat(32)}`,
  });
});

test('the flags say target and boot', () => {
  const flags = (more: Partial<SlotSpec>): number => Buffer.from(encodeSpec(spec(more))).readUInt32LE(4);
  assert.equal(flags({ boot: 'eager' }), 0);
  assert.equal(flags({ target: 'hvt', boot: 'lazy' }), 3);
  assert.equal(flags({ target: 'hvt', boot: 'per-connection' }), 6);
});

const addresses: readonly [string, string][] = [
  ['::1', '00000000000000000000000000000001'],
  ['::', '00000000000000000000000000000000'],
  ['2001:db8::5:0:1', '20010db8000000000000000500000001'],
  ['fe80:0:0:0:1:2:3:4', 'fe800000000000000001000200030004'],
  ['::ffff:127.0.0.1', '00000000000000000000ffff7f000001'],
];

for (const [address, hex] of addresses) {
  test(`the IPv6 address ${address} is encoded in network order`, () => {
    const bytes = Buffer.from(encodeSpec(spec({ listen: [{ port: 8080, address, hostPort: 80 }] })));
    assert.equal(bytes.readUInt16LE(48), 6);
    assert.equal(bytes.subarray(56, 72).toString('hex'), hex);
  });
}

const refused: readonly [name: string, more: Partial<SlotSpec>, message: RegExp][] = [
  ['an id with a slash', { id: 'a/b' }, /id "a\/b"/],
  ['an empty id', { id: '' }, /id ""/],
  [
    'a port the image does not declare',
    { listen: [{ port: 1, address: '::1', hostPort: 1 }] },
    /does not declare port 1/,
  ],
  [
    'an address that is a name',
    { listen: [{ port: 8080, address: 'localhost', hostPort: 1 }] },
    /"localhost" is not an IP/,
  ],
  ['a host port out of range', { listen: [{ port: 8080, address: '::1', hostPort: 65_536 }] }, /65536 is not a port/],
  ['a variable whose name has an equals sign', { environment: { 'A=B': '' } }, /"A=B" is not a variable/],
  ['a value with a NUL byte', { environment: { A: '\0' } }, /value of A contains a NUL/],
  ['an environment that is too large', { environment: { A: 'x'.repeat(200_000) } }, /200003 bytes/],
  ['a path with a NUL byte', { imagePath: '/a\0b' }, /imagePath contains a NUL/],
  ['a negative idle time', { idleTimeoutMs: -1 }, /idleTimeoutMs/],
  ['an instance per connection', { boot: 'per-connection' }, /needs the target hvt/],
  ['no memory', { memoryLimitBytes: 0 }, /memoryLimitBytes/],
  [
    'an egress path that is no address',
    { manifest: connecting, egress: { socketPath: `/${'a'.repeat(107)}`, scope: '' } },
    /egress.socketPath/,
  ],
  [
    'a list of peers without end',
    {
      manifest: { ...connecting, connect: Array.from({ length: 400 }, (_, i) => `${i}.${'a'.repeat(40)}.example:443`) },
      egress: { socketPath: '/egress.sock', scope: '' },
    },
    /names too much it connects to/,
  ],
];

for (const [name, more, message] of refused) {
  test(`${name} is refused`, () => {
    assert.throws(() => encodeSpec(spec(more)), { code: 'InvalidSpec', message });
  });
}
