/** Random valid modules, each with a function added that sums up its state. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import binaryen from 'binaryen';
import { assemblerFeatures } from '../testing/assemble.ts';
import { denseModule } from './dense-module.ts';

const optimizer = join(dirname(createRequire(import.meta.url).resolve('binaryen/package.json')), 'bin/wasm-opt');

/** NaN bits are not specified, so operations that give NaNs are wrapped (`--denan`). */
const features = [
  '--denan',
  '--enable-bulk-memory',
  '--enable-bulk-memory-opt',
  '--enable-sign-ext',
  '--enable-nontrapping-float-to-int',
  '--enable-multivalue',
  '--enable-mutable-globals',
  '--disable-gc',
];

/** By seed, so that each range of seeds has all of them. */
const shapes: readonly (readonly string[])[] = [
  ['--disable-reference-types'],
  ['--disable-reference-types', '-O1'],
  ['--enable-reference-types', '--enable-extended-const', '--enable-tail-call', '-O2'],
  ['--disable-reference-types', '-O3', '--fuzz-passes'],
  ['--disable-reference-types', '--enable-simd'],
  ['--disable-reference-types', '--enable-simd', '-O2'],
];

export const stateExport = 'seal:state';

/** Odd seeds are dense modules of our own, even ones what binaryen makes of random bytes. */
export function randomModule(seed: number, random: () => number): Uint8Array {
  if (seed % 2 === 1) return withStateFunction(denseModule(seed));
  const directory = mkdtempSync(join(tmpdir(), 'diatom-fuzz-'));
  try {
    const input = join(directory, 'input');
    const output = join(directory, 'output.wasm');
    const size = 2000 + (random() % 12_000);
    writeFileSync(
      input,
      Uint8Array.from({ length: size }, () => random() & 0xff),
    );
    const shape = shapes[(seed / 2) % shapes.length] ?? [];
    execFileSync(process.execPath, [optimizer, input, '-ttf', '-o', output, ...features, ...shape], { stdio: 'pipe' });
    return withStateFunction(readFileSync(output));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const pageBytes = 65_536;

/** Adds an export that mixes memory 0 and all numeric globals into one i64. */
export function withStateFunction(wasm: Uint8Array): Uint8Array {
  const module = binaryen.readBinary(wasm);
  module.setFeatures(assemblerFeatures);
  try {
    const { i32, i64 } = binaryen;
    const [at, hash] = [0, 1] as const;
    const mix = (bits: number) =>
      module.local.set(
        hash,
        module.i64.mul(
          module.i64.rotl(module.i64.xor(module.local.get(hash, i64), bits), module.i64.const(7n)),
          module.i64.const(0x0001_0003_9e37_79b1n),
        ),
      );
    const body: number[] = [];
    for (let index = 0; index < module.getNumGlobals(); index += 1) {
      const { name, type } = binaryen.getGlobalInfo(module.getGlobalByIndex(index));
      const value = module.global.get(name, type);
      if (type === i32) body.push(mix(module.i64.extend_u(value)));
      else if (type === i64) body.push(mix(value));
      else if (type === binaryen.f32) body.push(mix(module.i64.extend_u(module.i32.reinterpret(value))));
      else if (type === binaryen.f64) body.push(mix(module.i64.reinterpret(value)));
    }
    if (module.hasMemory()) {
      const address = () => module.local.get(at, i32);
      const end = module.i32.mul(module.memory.size(), module.i32.const(pageBytes));
      body.push(
        module.loop(
          'words',
          module.block(null, [
            mix(module.i64.load(0, 8, address())),
            module.local.set(at, module.i32.add(address(), module.i32.const(8))),
            module.br_if('words', module.i32.lt_u(address(), end)),
          ]),
        ),
      );
    }
    body.push(module.local.get(hash, i64));
    module.addFunction(stateExport, binaryen.none, i64, [i32, i64], module.block(null, body, i64));
    module.addFunctionExport(stateExport, stateExport);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
