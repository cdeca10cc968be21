/** boot: spawn to first HTTP response, and memory after that one request. Subjects take turns, run by run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './measure/ports.ts';
import { createProber, type Prober } from './measure/prober.ts';
import { pssKb } from './measure/process-tree.ts';
import { pinning } from './measure/processors.ts';
import { type Report, Samples } from './report.ts';
import { diatomProcess } from './subjects/diatom-process.ts';
import { bun, nginx, node, workerd } from './subjects/peers.ts';
import { prepareAll } from './subjects/prepare.ts';
import type { Prepared } from './subjects/subject.ts';

const runs = 15;
/** Dropped: the first ones read files from the disk. */
const warmUpRuns = 2;
const settleMs = 100;

export async function benchBoot(progress: (text: string) => void): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-bench-'));
  try {
    const prober = await createProber(directory);
    const { ready, skipped, versions } = await prepareAll(
      'hello',
      [diatomProcess, node, bun, workerd, nginx],
      directory,
    );
    const samples = new Samples('hello');
    for (let run = -warmUpRuns; run < runs; run++) {
      progress(run < 0 ? 'warming up' : `run ${run + 1} of ${runs}`);
      for (const { name, prepared } of ready) {
        const { firstResponseMs, pss } = await bootOnce(name, prepared, prober);
        if (run < 0) continue;
        samples.add(name, 'first_response_ms', firstResponseMs);
        samples.add(name, 'pss_kb', pss);
      }
    }
    return { bench: 'boot', rows: [...samples.rows(), ...skipped], conditions: { ...versions, processors: pinning } };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function bootOnce(
  name: string,
  prepared: Extract<Prepared, { kind: 'ready' }>,
  probe: Prober,
): Promise<{ readonly firstResponseMs: number; readonly pss: number }> {
  const port = await freePort();
  const boot = await probe(await prepared.command(port), port).catch((error: unknown) => {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}`);
  });
  try {
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    return { firstResponseMs: boot.firstResponseMs, pss: pssKb(boot.pid) };
  } finally {
    await boot.stop();
  }
}
