/** Throughput of a server: wrk where it is installed, our own generator otherwise. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadProcessor, pinned } from '../measure/processors.ts';
import type { LoadPlan, LoadResult } from './load.ts';
import { getRoot, type LoadRequest } from './request.ts';

const run = promisify(execFile);

export interface Throughput {
  readonly requests: number;
  readonly failed: number;
  readonly seconds: number;
}

const hasWrk = ((): boolean => {
  try {
    execFileSync('wrk', ['-v'], { stdio: 'ignore' });
    return true;
  } catch (error) {
    // wrk -v prints its version and exits with 1.
    return error instanceof Error && 'status' in error && error.status === 1;
  }
})();

export const loadDriver: string = hasWrk
  ? 'wrk -t1'
  : 'own generator in Node, which is itself the limit above about 40,000 requests/s (apt-get install wrk for more)';

export async function measureThroughput(
  port: number,
  connections: number,
  durationMs: number,
  request: LoadRequest = getRoot,
): Promise<Throughput> {
  if (!hasWrk) return await runOwn(port, connections, durationMs, request);
  if (request.method === 'GET') return await runWrk(port, connections, durationMs, request.path);
  // wrk takes a method and a body only from a script.
  const directory = await mkdtemp(join(tmpdir(), 'diatom-load-'));
  try {
    const script = join(directory, 'request.lua');
    await writeFile(script, luaOf(request));
    return await runWrk(port, connections, durationMs, request.path, ['-s', script]);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Strings of JSON are strings of Lua where they are ASCII without control characters. */
function luaOf({ method, headers, body }: LoadRequest): string {
  const lines = Object.entries(headers).map(
    ([name, value]) => `wrk.headers[${JSON.stringify(name)}] = ${JSON.stringify(value)}`,
  );
  return [`wrk.method = "${method}"`, `wrk.body = ${JSON.stringify(body)}`, ...lines, ''].join('\n');
}

/** As `measureThroughput`, but each request on a connection of its own. Only wrk can do that. */
export async function measureSingleRequests(
  port: number,
  connections: number,
  durationMs: number,
): Promise<Throughput> {
  if (!hasWrk) throw new Error('requests on connections of their own need wrk: apt-get install wrk');
  return await runWrk(port, connections, durationMs, '/', ['-H', 'Connection: close']);
}

async function runWrk(
  port: number,
  connections: number,
  durationMs: number,
  path: string,
  options: readonly string[] = [],
): Promise<Throughput> {
  const seconds = Math.max(1, Math.round(durationMs / 1000));
  const words = ['-t1', `-c${connections}`, `-d${seconds}s`, ...options, `http://127.0.0.1:${port}${path}`];
  const command = pinned(loadProcessor, 'wrk', words);
  const { stdout } = await run(command.program, [...command.words]);
  const total = /(\d+) requests in ([\d.]+)(m?)s/.exec(stdout);
  if (total === null) throw new Error(`wrk printed no total:\n${stdout}`);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout);
  const statuses = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  const broken = (sockets ?? []).slice(1).reduce((sum, count) => sum + Number(count), 0);
  return { requests: Number(total[1]), failed: statuses + broken, seconds: Number(total[2]) };
}

async function runOwn(
  port: number,
  connections: number,
  durationMs: number,
  request: LoadRequest,
): Promise<LoadResult> {
  const plan: LoadPlan = { host: '127.0.0.1', port, request, connections, durationMs };
  const command = pinned(loadProcessor, process.execPath, [join(import.meta.dirname, 'main.ts'), JSON.stringify(plan)]);
  const { stdout } = await run(command.program, [...command.words]);
  return JSON.parse(stdout);
}
