/**
 * `npm test [-- PART...]`: type check, lint, then every `*.test.ts` of every room. With PARTs only the test files whose
 * path contains one of them run, and nothing else. Node's own summary comes last, so that a CI can read it.
 */
import { spawn } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { obtainKubectl, releases } from './kubectl.ts';
import { obtainDebianPrograms } from './tools/debian.ts';
import { checkout } from './tools/npm.ts';

const rooms = ['sdk', 'kernel', 'servers', 'seal', 'libos', 'tender', 'cli', 'examples', 'bench', 'test'];

interface Stage {
  readonly name: string;
  readonly script: string;
  readonly words: readonly string[];
}

const checks: readonly Stage[] = [
  { name: 'type check', script: 'node_modules/typescript/bin/tsc', words: ['--noEmit', '-p', 'tsconfig.json'] },
  {
    name: 'lint',
    script: 'node_modules/@biomejs/biome/bin/biome',
    words: ['check', '--diagnostic-level=error', '.'],
  },
];

const parts = process.argv.slice(2);
const files = globSync(
  rooms.map((room) => `${room}/**/*.test.ts`),
  { cwd: checkout, exclude: ['**/node_modules/**'] },
)
  .filter((file) => parts.length === 0 || parts.some((part) => file.includes(part)))
  .sort();

if (files.length === 0) {
  process.stderr.write(`no test file has ${parts.map((part) => `"${part}"`).join(' or ')} in its path\n`);
  process.exit(2);
}

const failed: string[] = [];
for (const stage of parts.length === 0 ? checks : []) {
  const startedMs = performance.now();
  const code = await node([stage.script, ...stage.words]);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  process.stdout.write(`${code === 0 ? 'passed' : 'FAILED'}  ${stage.name} (${seconds} s)\n`);
  if (code !== 0) failed.push(stage.name);
}

const clients = files.filter((file) => /\bneeds(Kubectl|Release)\b/.test(readFileSync(join(checkout, file), 'utf8')));
if (clients.length > 0) {
  // All at once: each is a download of some 30 MB the first time.
  const found = await Promise.all(
    releases.map(async (release) => ({ release, kubectl: await obtainKubectl(release) })),
  );
  for (const { release, kubectl } of found) {
    if (kubectl.kind === 'ready') process.stdout.write(`ready   kubectl ${kubectl.version}\n`);
    else process.stdout.write(`MISSING kubectl ${release}: ${kubectl.why}\n`);
  }
  if (found.some(({ kubectl }) => kubectl.kind === 'missing')) {
    process.stdout.write('        Tests that need what is missing are skipped, in:\n');
    for (const file of clients) process.stdout.write(`          ${file}\n`);
  }
}

if (parts.length === 0) for (const line of await obtainDebianPrograms()) process.stdout.write(`${line}\n`);

process.stdout.write(`\n${files.length} test files\n`);
const code = await node([
  '--test',
  '--test-reporter=spec',
  `--test-concurrency=${Math.max(2, availableParallelism())}`,
  '--test-timeout=120000',
  '--import',
  './test/tools/no-leaks.ts',
  ...files,
]);
if (failed.length > 0) process.stderr.write(`FAILED before the tests: ${failed.join(', ')}\n`);
process.exitCode = code === 0 && failed.length === 0 ? 0 : 1;

function node(words: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd: checkout, stdio: ['ignore', 'inherit', 'inherit'] });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      resolve(code ?? (signal === null ? 1 : 128));
    });
  });
}
