/** node seal/fuzz/check.ts FILE.wat …: whether regressions still differ; status 1 if one does. */
import { compareCalls, differenceText } from './compare.ts';
import { readRegression } from './regression.ts';

const files = process.argv.slice(2);
if (files.length === 0) throw new Error('usage: node seal/fuzz/check.ts FILE.wat …');
for (const file of files) {
  const { wasm, calls } = readRegression(file);
  const { compared, differences } = compareCalls(wasm, calls);
  if (differences.length > 0) process.exitCode = 1;
  process.stdout.write(`${file}: ${compared} calls, ${differences.length} differ\n`);
  for (const difference of differences) process.stdout.write(`  ${differenceText(difference)}\n`);
}
