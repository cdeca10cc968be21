/** npm run fuzz -- [--minutes N] [--seed S] [--count N]: random modules against the engine until the time is over. */
import { parseArgs } from 'node:util';
import { randomCalls } from './compare.ts';
import { examine, findingPath, keepFinding } from './findings.ts';
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
  const finding = examine(wasm, randomCalls(wasm, random));
  if (finding.kind === 'none') calls += finding.compared;
  else {
    bad += 1;
    process.stdout.write(`seed ${seed} ${finding.kind}; again: npm run fuzz -- --seed ${seed} --count 1\n`);
    for (const line of finding.said.slice(0, 5)) process.stdout.write(`  ${line}\n`);
    const kept = keepFinding(wasm, finding, findingPath(values.keep, seed));
    process.stdout.write(`  module in ${kept.module}, ${kept.sizeBytes} bytes that show it in ${kept.regression}\n`);
  }
  if (modules % 100 === 0) process.stdout.write(`${modules} modules, ${calls} calls, ${bad} differ\n`);
}
process.stdout.write(`${modules} modules, ${calls} calls, ${bad} differ\n`);
process.exitCode = bad > 0 ? 1 : 0;
