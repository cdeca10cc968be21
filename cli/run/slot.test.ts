import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Manifest } from '@diatom/libos/manifest';
import type { OptionValues } from '../command.ts';
import { parseEnvironment, parseListen } from './slot.ts';
import { checkOptions, parseTarget, targets } from './target.ts';

const manifest: Manifest = {
  schemaVersion: 1,
  machineVersion: 1,
  name: 'hello',
  created: '1970-01-01T00:00:00Z',
  generator: 'test',
  ports: [
    { name: 'http', port: 8080 },
    { name: 'admin', port: 8081 },
  ],
  connect: [],
  memory: { initialBytes: 65536, maximumBytes: 1 << 20, stackBytes: 65536 },
  machineCalls: [],
  systemCalls: [],
  functions: [],
  layers: [],
};

test('without -p every port of the image is opened as it is', () => {
  assert.deepEqual(
    parseListen([], manifest).map(({ port, hostPort }) => [port, hostPort]),
    [
      [8080, 8080],
      [8081, 8081],
    ],
  );
});

test('with -p only the named ports are opened', () => {
  assert.deepEqual(parseListen(['9000:8080'], manifest), [{ port: 8080, address: '127.0.0.1', hostPort: 9000 }]);
});

test('a -p that cannot be is refused with what the image has', () => {
  assert.throws(() => parseListen(['9000'], manifest), /not HOSTPORT:PORT/);
  assert.throws(() => parseListen(['70000:8080'], manifest), /not HOSTPORT:PORT/);
  assert.throws(() => parseListen(['9000:80'], manifest), { advice: 'Its ports: 8080, 8081.' });
});

test('settings of the environment keep every = after the first', () => {
  assert.deepEqual(parseEnvironment(['A=1', 'B=x=y', 'C=']), { A: '1', B: 'x=y', C: '' });
  assert.throws(() => parseEnvironment(['A']), /not NAME=VALUE/);
  assert.throws(() => parseEnvironment(['1A=x']), /not NAME=VALUE/);
});

test('targets are checked', () => {
  assert.equal(parseTarget('hvt', targets), 'hvt');
  assert.throws(() => parseTarget('xen', targets), { advice: 'Targets are process, hvt, node and virtio.' });
});

const given = (...names: readonly string[]): OptionValues => ({
  has: (name) => names.includes(name),
  text: () => undefined,
  all: () => [],
});

test('an option that the target does not have is refused', () => {
  checkOptions(given('publish', 'per-connection'), 'hvt');
  assert.throws(() => checkOptions(given('per-connection'), 'process'), { advice: 'It is for hvt.' });
  assert.throws(() => checkOptions(given('publish'), 'virtio'), /--publish has no meaning for the target virtio/);
  assert.throws(() => checkOptions(given('net'), 'node'), { advice: 'It is for virtio.' });
  assert.throws(() => checkOptions(given('idle', 'per-connection'), 'hvt'), /--idle has no meaning/);
});
