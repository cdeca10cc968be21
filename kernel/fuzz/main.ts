/**
 * npm run fuzz:kernel -- [--minutes N] [--seed S] [--count N] [--type T] [--steps N]: episodes until the time is over;
 * with --churn watchers under churn instead, a line of memory per round; with --soak steady work, a line every 50 rounds.
 */
import { parseArgs } from 'node:util';
import { runChurn } from './churn.ts';
import { runEpisode } from './episode.ts';
import { runSoak } from './soak.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    count: { type: 'string' },
    type: { type: 'string', multiple: true },
    steps: { type: 'string', default: '150' },
    churn: { type: 'boolean', default: false },
    soak: { type: 'boolean', default: false },
  },
});

const firstSeed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 30));
const most = values.count === undefined ? Number.POSITIVE_INFINITY : Number(values.count);
const deadline = performance.now() + Number(values.minutes) * 60_000;
const steps = Number(values.steps);
if (!Number.isSafeInteger(firstSeed) || !Number.isSafeInteger(steps) || Number.isNaN(deadline) || Number.isNaN(most)) {
  throw new Error(
    'usage: npm run fuzz:kernel -- [--minutes N] [--seed S] [--count N] [--type T] [--steps N] [--churn|--soak]',
  );
}

process.stdout.write(`seeds from ${firstSeed}\n`);
if (values.soak) {
  const isOver = (): boolean => performance.now() >= deadline;
  process.exit(await soak(firstSeed, isOver));
}
const codes = new Map<number, number>();
let requests = 0;
let episodes = 0;
let bad = 0;
const progressMs = 60_000;
let nextProgressMs = performance.now() + progressMs;
for (let seed = firstSeed; episodes < most && performance.now() < deadline; seed++) {
  episodes++;
  if (values.churn) {
    const { findings, heapBytes, events } = await runChurn({ seed, rounds: 5, writesPerRound: 5000 });
    const megabytes = heapBytes.map((bytes) => (bytes / 2 ** 20).toFixed(1));
    process.stdout.write(`seed ${seed}: ${events} events, heap ${megabytes.join(', ')} MB\n${findings.join('\n')}`);
    bad += findings.length > 0 ? 1 : 0;
    continue;
  }
  const episode = await runEpisode({ seed, steps, ...(values.type === undefined ? {} : { types: values.type }) });
  requests += episode.requests;
  for (const [code, count] of episode.codes) codes.set(code, (codes.get(code) ?? 0) + count);
  if (performance.now() >= nextProgressMs) {
    process.stderr.write(`${episodes} episodes, ${requests} requests, ${bad} with findings so far\n`);
    nextProgressMs = performance.now() + progressMs;
  }
  if (episode.findings.length === 0) continue;
  bad++;
  process.stdout.write(`seed ${seed}; again: npm run fuzz:kernel -- --seed ${seed} --count 1 --steps ${steps}\n`);
  for (const finding of episode.findings) process.stdout.write(`${finding}\n\n`);
}
const answers = [...codes].sort(([a], [b]) => a - b).map(([code, count]) => `${code}: ${count}`);
process.stdout.write(`${episodes} episodes, ${requests} requests (${answers.join(', ')}), ${bad} with findings\n`);
process.exitCode = bad > 0 ? 1 : 0;

/** A table as it grows; the exit code says whether something was found. */
async function soak(seed: number, until: () => boolean): Promise<number> {
  const columns = [
    'rounds',
    'writes',
    'events',
    'reconnects',
    'keptRevisions',
    'heapMb',
    'rssMb',
    'databaseMb',
  ] as const;
  const row = (cells: readonly string[]): string => `${cells.map((cell) => cell.padStart(14)).join('')}\n`;
  process.stdout.write(row(columns));
  const { findings } = await runSoak({
    seed,
    until,
    sampleRounds: 50,
    onSample: (sample) => process.stdout.write(row(columns.map((column) => String(Math.round(sample[column]))))),
  });
  for (const finding of findings) process.stdout.write(`seed ${seed}, ${finding}\n`);
  return findings.length > 0 ? 1 : 0;
}
