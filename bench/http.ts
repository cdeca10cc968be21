/** http: requests per second and processor time per request under load. Subjects take turns, run by run. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadDriver, measureThroughput } from './load/driver.ts';
import { freePort } from './measure/ports.ts';
import { cpuUs } from './measure/process-tree.ts';
import { pinning, pinThisThread, serverProcessor } from './measure/processors.ts';
import { startServer, waitForPort } from './measure/server-process.ts';
import { type Report, Samples } from './report.ts';
import { diatomProcess } from './subjects/diatom-process.ts';
import { bun, nginx, node, workerd } from './subjects/peers.ts';
import { prepareAll } from './subjects/prepare.ts';
import type { Prepared } from './subjects/subject.ts';

const runs = 5;
const connections = 32;
const warmUpMs = 1_000;
const loadMs = 3_000;

export async function benchHttp(progress: (text: string) => void): Promise<Report> {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-bench-'));
  try {
    const { ready, skipped, versions } = await prepareAll(
      'hello',
      [diatomProcess, node, bun, workerd, nginx],
      directory,
    );
    pinThisThread(serverProcessor);
    const samples = new Samples('hello');
    for (let run = 0; run < runs; run++) {
      for (const { name, prepared } of ready) {
        progress(`run ${run + 1} of ${runs}: ${name}`);
        const { requestsPerSecond, cpuUsPerRequest } = await loadOnce(name, prepared);
        samples.add(name, 'requests_per_s', requestsPerSecond);
        samples.add(name, 'cpu_us_per_request', cpuUsPerRequest);
      }
    }
    const conditions = { ...versions, processors: pinning, load: `${loadDriver}, ${connections} connections` };
    return { bench: 'http', rows: [...samples.rows(), ...skipped], conditions };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function loadOnce(
  name: string,
  prepared: Extract<Prepared, { kind: 'ready' }>,
): Promise<{ readonly requestsPerSecond: number; readonly cpuUsPerRequest: number }> {
  const port = await freePort();
  const server = startServer(await prepared.command(port));
  try {
    await waitForPort(port, server);
    await measureThroughput(port, connections, warmUpMs);
    const beforeUs = cpuUs(server.pid);
    const { requests, failed, seconds } = await measureThroughput(port, connections, loadMs);
    if (failed > 0) throw new Error(`${failed} of ${requests} requests failed`);
    return { requestsPerSecond: requests / seconds, cpuUsPerRequest: (cpuUs(server.pid) - beforeUs) / requests };
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : error}\n${server.output()}`.trim());
  } finally {
    await server.stop();
  }
}
