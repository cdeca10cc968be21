import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeTarget } from '@diatom/libos';
import { BuildError } from './diagnostic.ts';
import { sealTargets } from './targets.ts';
import { assemble } from './testing/assemble.ts';

/** A program that makes two machine calls. */
const program = assemble(
  `(module (import "diatom:machine" "net_read" (func $net)) (import "diatom:machine" "block_read" (func $block))
    (memory (export "memory") 1) (func (export "_start") (call $net) (call $block)))`,
);
const complete = assemble(
  '(module (import "env" "memory" (memory 0)) (func (export "block_read")) (func (export "net_read")))',
);
const lacking = assemble('(module (import "env" "memory" (memory 0)) (func (export "console_write")))');

/** Bindings that provide everything for some targets and lack two calls for the others. */
const providedFor =
  (...provided: readonly NativeTarget[]) =>
  async (target: NativeTarget) =>
    provided.includes(target) ? complete : lacking;

type Bindings = (target: NativeTarget) => Promise<Uint8Array>;

const sealWith = (targets: readonly NativeTarget[] | undefined, bindings: Bindings, portable = program) =>
  sealTargets(portable, { targets, stackBytes: 65_536, bindings });

async function refusal(work: Promise<unknown>): Promise<readonly string[]> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof BuildError)) throw new Error('it was not refused', { cause: error });
  return error.diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

const missing = (target: NativeTarget) =>
  `target: the ${target} target does not provide block_read, net_read, which the program reaches through the library OS; ` +
  'do without or build for other targets';

test('process and hvt are made when nobody asks for targets', async () => {
  const { sealed, leftOut } = await sealWith(undefined, providedFor('process', 'hvt', 'virtio'));
  assert.deepEqual(
    sealed.map(({ target }) => target),
    ['process', 'hvt'],
  );
  assert.deepEqual(leftOut, []);
});

test('exactly the targets that were asked for are made, in one order however they were asked for', async () => {
  const { sealed } = await sealWith(['virtio', 'hvt'], providedFor('process', 'hvt', 'virtio'));
  assert.deepEqual(
    sealed.map(({ target, image }) => [target, image.systemCalls]),
    [
      ['hvt', []],
      ['virtio', []],
    ],
  );
});

test('a default target that lacks a call is left out', async () => {
  for (const made of ['process', 'hvt'] as const) {
    const { sealed, leftOut } = await sealWith(undefined, providedFor(made));
    assert.deepEqual(
      sealed.map(({ target }) => target),
      [made],
    );
    assert.deepEqual(leftOut, [
      { target: made === 'hvt' ? 'process' : 'hvt', missingCalls: ['block_read', 'net_read'] },
    ]);
  }
});

test('a requested target that lacks calls fails the build, naming it and them', async () => {
  assert.deepEqual(await refusal(sealWith(['process', 'hvt'], providedFor('process'))), [missing('hvt')]);
  assert.deepEqual(await refusal(sealWith(['process'], providedFor('hvt'))), [missing('process')]);
});

test('a program that only another target can run is made for that one', async () => {
  const { sealed, leftOut } = await sealWith(undefined, providedFor('virtio'));
  assert.deepEqual(
    sealed.map(({ target }) => target),
    ['virtio'],
  );
  assert.deepEqual(
    leftOut.map(({ target }) => target),
    ['process', 'hvt'],
  );
});

test('a program no target can run is refused for each of them', async () => {
  const expected = [missing('process'), missing('hvt'), missing('virtio')];
  assert.deepEqual(await refusal(sealWith(undefined, providedFor())), expected);
});

test('what the compiler refuses is an error of the build, with the target', async () => {
  const table = '(table 10000000 funcref)';
  const large = assemble(`(module ${table.repeat(4)} (func (export "_start")))`);
  const [message] = await refusal(sealWith(['hvt'], providedFor('hvt'), large));
  assert.match(
    message ?? '',
    /^codegen: no executable for the hvt target can be made: .*: tables and globals of 32\d+ bytes: an image has room for/,
  );
});
