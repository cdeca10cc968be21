/** edge: the same TypeScript handlers in our image and in the runtimes they were written for. Subjects take turns. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EdgeCase, edgeCases } from './edge/cases.ts';
import { evict } from './edge/page-cache.ts';
import { type EdgeFiles, edgeSubjects, type PreparedEdge } from './edge/subjects.ts';
import { loadDriver, measureThroughput } from './load/driver.ts';
import { freePort } from './measure/ports.ts';
import { type Boot, createProber, type Prober } from './measure/prober.ts';
import { cpuUs, pssKb } from './measure/process-tree.ts';
import { pinning, pinThisThread, serverProcessor } from './measure/processors.ts';
import { startServer, waitForPort } from './measure/server-process.ts';
import { type Report, type Row, Samples, type SkippedRow } from './report.ts';

const bootRuns = 11;
/** Dropped: the first ones read files from the disk. */
const warmUpRuns = 2;
const evictedRuns = 5;
const copies = 16;
const loadRuns = 3;
const connections = 32;
const warmUpMs = 1_000;
const loadMs = 2_000;
const settleMs = 100;
/** After the load, for whoever gives memory back when there is nothing to do. */
const idleMs = 10_000;

type Ready = Extract<PreparedEdge, { kind: 'ready' }> & EdgeFiles;

interface Runner {
  readonly name: string;
  readonly ready: Ready;
}

export async function benchEdge(progress: (text: string) => void, names: readonly string[]): Promise<Report> {
  const unknown = names.filter((name) => !edgeCases.some((one) => one.name === name));
  if (unknown.length > 0) {
    throw new Error(
      `there is no case ${unknown.join(', ')}; there are ${edgeCases.map(({ name }) => name).join(', ')}`,
    );
  }
  const directory = await mkdtemp(join(tmpdir(), 'diatom-bench-'));
  try {
    const prober = await createProber(directory);
    pinThisThread(serverProcessor);
    const rows: Row[] = [];
    const versions: Record<string, string> = {};
    for (const one of edgeCases.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const { runners, skipped } = await prepare(one, join(directory, one.name), versions);
      const samples = new Samples(one.name);
      await measureBoots(runners, prober, samples, (text) => progress(`${one.name}: ${text}`));
      await measureLoads(one, runners, samples, (text) => progress(`${one.name}: ${text}`));
      rows.push(...samples.rows(), ...skipped);
    }
    const conditions = { ...versions, processors: pinning, load: `${loadDriver}, ${connections} connections` };
    return { bench: 'edge', rows, conditions };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function prepare(
  one: EdgeCase,
  directory: string,
  versions: Record<string, string>,
): Promise<{ readonly runners: readonly Runner[]; readonly skipped: readonly SkippedRow[] }> {
  const runners: Runner[] = [];
  const skipped: SkippedRow[] = [];
  for (const subject of edgeSubjects) {
    const prepared = await subject.prepare(join(directory, subject.name), one);
    if (prepared.kind === 'ready') {
      runners.push({ name: subject.name, ready: prepared });
      versions[subject.name] = prepared.version;
    } else skipped.push({ case: one.name, subject: subject.name, skipped: prepared.why });
  }
  return { runners, skipped };
}

async function measureBoots(
  runners: readonly Runner[],
  prober: Prober,
  samples: Samples,
  progress: (text: string) => void,
): Promise<void> {
  for (const { name, ready } of runners) samples.add(name, 'image_bytes', ready.imageBytes);
  for (let run = -warmUpRuns; run < bootRuns; run++) {
    progress(run < 0 ? 'warming up' : `start ${run + 1} of ${bootRuns}`);
    for (const runner of runners) {
      const boot = await start(runner, prober);
      try {
        await pause(settleMs);
        if (run < 0) continue;
        samples.add(runner.name, 'first_response_ms', boot.firstResponseMs);
        samples.add(runner.name, 'pss_kb', pssKb(boot.pid));
      } finally {
        await boot.stop();
      }
    }
  }
  for (let run = 0; run < evictedRuns; run++) {
    progress(`start from the disk ${run + 1} of ${evictedRuns}`);
    for (const runner of runners) {
      for (const path of runner.ready.files) await evict(path);
      const boot = await start(runner, prober);
      await boot.stop();
      samples.add(runner.name, 'evicted_ms', boot.firstResponseMs);
    }
  }
  for (const runner of runners) {
    progress(`${copies} copies of ${runner.name}`);
    samples.add(runner.name, 'pss16_kb', await eachOfManyKb(runner, prober));
  }
}

async function start({ name, ready }: Runner, prober: Prober): Promise<Boot> {
  const port = await freePort();
  return await prober(await ready.command(port), port).catch((error: unknown) => {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`);
  });
}

async function eachOfManyKb(runner: Runner, prober: Prober): Promise<number> {
  const boots: Boot[] = [];
  try {
    while (boots.length < copies) boots.push(await start(runner, prober));
    await pause(settleMs);
    return boots.reduce((sum, { pid }) => sum + pssKb(pid), 0) / copies;
  } finally {
    await Promise.all(boots.map((boot) => boot.stop()));
  }
}

async function measureLoads(
  { request }: EdgeCase,
  runners: readonly Runner[],
  samples: Samples,
  progress: (text: string) => void,
): Promise<void> {
  for (let run = 0; run < loadRuns; run++) {
    for (const { name, ready } of runners) {
      progress(`load ${run + 1} of ${loadRuns}: ${name}`);
      const port = await freePort();
      const server = startServer(await ready.command(port));
      try {
        await waitForPort(port, server);
        await measureThroughput(port, connections, warmUpMs, request);
        const beforeUs = cpuUs(server.pid);
        const { requests, failed, seconds } = await measureThroughput(port, connections, loadMs, request);
        if (failed > 0) throw new Error(`${failed} of ${requests} requests failed`);
        samples.add(name, 'cpu_us_per_request', (cpuUs(server.pid) - beforeUs) / requests);
        samples.add(name, 'requests_per_s', requests / seconds);
        samples.add(name, 'pss_after_load_kb', pssKb(server.pid));
        // Once: it takes longer than everything else, and memory hardly differs from run to run.
        if (run > 0) continue;
        await pause(idleMs);
        samples.add(name, 'pss_idle_after_load_kb', pssKb(server.pid));
      } catch (error) {
        throw new Error(`${name}: ${error instanceof Error ? error.message : error}\n${server.output()}`.trim());
      } finally {
        await server.stop();
      }
    }
  }
}

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}
