/** npm run fuzz -- [--minutes N] [--seed S] [--count N]: random modules against the engine until the time is over. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { ModuleError } from '../decode/error.ts';
import { compareModule } from './compare.ts';
import { randomModule } from './generate.ts';
import { randomFrom } from './random.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    count: { type: 'string' },
    keep: { type: 'string', default: '.' },
  },
});

const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 30));
const count = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
const deadline = performance.now() + Number(values.minutes) * 60_000;
if (!Number.isSafeInteger(firstSeed) || Number.isNaN(deadline) || Number.isNaN(count)) {
  throw new Error('usage: npm run fuzz -- [--minutes N] [--seed S] [--count N] [--keep DIRECTORY]');
}

process.stdout.write(`seeds from ${firstSeed}\n`);
let calls = 0;
let modules = 0;
let bad = 0;
for (let seed = firstSeed; modules < count && performance.now() < deadline; seed += 1) {
  modules += 1;
  const random = randomFrom(seed);
  const wasm = randomModule(seed, random);
  let differences: readonly string[];
  try {
    const comparison = compareModule(wasm, random);
    calls += comparison.compared;
    differences = comparison.differences;
  } catch (error) {
    // Binaryen uses what is not switched on now and then, such as non-null references.
    if (error instanceof ModuleError && error.code === 'unsupported') continue;
    differences = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  if (differences.length > 0) {
    bad += 1;
    const path = resolve(join(values.keep, `fuzz-${seed}.wasm`));
    writeFileSync(path, wasm);
    process.stdout.write(`seed ${seed} differs; module in ${path}; again: npm run fuzz -- --seed ${seed} --count 1\n`);
    for (const difference of differences.slice(0, 5)) process.stdout.write(`  ${difference}\n`);
  }
  if (modules % 100 === 0) process.stdout.write(`${modules} modules, ${calls} calls, ${bad} differ\n`);
}
process.stdout.write(`${modules} modules, ${calls} calls, ${bad} differ\n`);
process.exitCode = bad > 0 ? 1 : 0;
