/** Random modules of binaryen's fuzzer, from fixed seeds, against the engine. SEAL_FUZZ_SEEDS=from-to runs others. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { decode } from './decode/decode.ts';
import type { ValueType } from './decode/module.ts';
import { assertSameResults, type Invocation } from './testing/differential.ts';

const optimizer = join(dirname(createRequire(import.meta.url).resolve('binaryen')), 'bin/wasm-opt');
const features = [
  '--denan',
  '--enable-bulk-memory',
  '--enable-sign-ext',
  '--enable-nontrapping-float-to-int',
  '--enable-multivalue',
  '--enable-mutable-globals',
  '--disable-reference-types',
  '--disable-gc',
];

/** Linear congruential, so that a seed means the same everywhere. */
const randomFrom = (seed: number) => {
  let state = (seed * 7919 + 1) >>> 0;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >>> 8;
  };
};

const interesting = [0n, 1n, 2n, 7n, 0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 63n, 0x3ff8n << 48n, 0x3fc0_0000n];

function randomArgument(type: ValueType, random: () => number): bigint {
  const bits = interesting[random() % interesting.length] ?? 0n;
  return BigInt.asUintN(type === 'i32' || type === 'f32' ? 32 : 64, bits);
}

function randomModule(seed: number, random: () => number): Uint8Array {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-fuzz-'));
  try {
    const input = join(directory, 'input');
    const output = join(directory, 'output.wasm');
    writeFileSync(
      input,
      Uint8Array.from({ length: 2000 + (random() % 6000) }, () => random() & 0xff),
    );
    const optimize = seed % 2 === 0 ? [] : ['-O1'];
    execFileSync(process.execPath, [optimizer, input, '-ttf', '-o', output, ...features, ...optimize], {
      stdio: 'pipe',
    });
    return readFileSync(output);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const [from = 1, to = 12] = (process.env.SEAL_FUZZ_SEEDS ?? '1-12').split('-').map(Number);

for (let seed = from; seed <= to; seed += 1) {
  test(`random module of seed ${seed} (again: SEAL_FUZZ_SEEDS=${seed}-${seed} node --test seal/fuzz.test.ts)`, () => {
    const random = randomFrom(seed);
    const wasm = randomModule(seed, random);
    const module = decode(wasm);
    const invocations = module.exports.flatMap(({ kind, name, index }): Invocation[] => {
      const type = module.types[module.functions[index]?.typeIndex ?? -1];
      if (kind !== 'function' || type === undefined) return [];
      return [0, 1].map(() => ({
        name,
        arguments: type.parameters.map((parameter) => randomArgument(parameter, random)),
      }));
    });
    assertSameResults(wasm, invocations, { stopAtTrap: true });
  });
}
