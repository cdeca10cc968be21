/**
 * kill -9 of the kernel under load, again and again: every acknowledged write is there afterwards, and a watch that
 * resumes where it was cut off has seen every event once. KERNEL_CRASHES=50 for more rounds, KERNEL_SEED to repeat one.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { createHttpTransport, type Transport } from '@diatom/sdk';
import { call, configMap, watchEvents } from './kernel.ts';

const rounds = Number(process.env.KERNEL_CRASHES ?? 4);
const seed = Number(process.env.KERNEL_SEED ?? 11);
const maps = '/api/v1/namespaces/default/configmaps';
const names = Array.from({ length: 12 }, (_, index) => `m-${index}`);

interface Running {
  readonly process: ChildProcess;
  readonly transport: Transport;
}

async function start(directory: string): Promise<Running> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'kernel-process.ts'), directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [url] = (await once(child.stdout, 'data')) as [Buffer];
  const file = (name: string): string => readFileSync(join(directory, 'pki', name), 'utf8');
  const transport = createHttpTransport({
    server: url.toString().trim(),
    certificateAuthority: file('ca.crt'),
    clientCertificate: file('admin.crt'),
    clientKey: file('admin.key'),
  });
  return { process: child, transport };
}

interface Seen {
  readonly type: string;
  readonly name: string;
  readonly revision: number;
}

/** Watches until cut off; `seen` grows, and the next call goes on behind its last event. */
async function follow(transport: Transport, seen: Seen[], from: number, signal?: AbortSignal): Promise<void> {
  const after = seen.at(-1)?.revision ?? from;
  try {
    for await (const { type, object } of watchEvents(transport, `${maps}?watch=1&resourceVersion=${after}`, signal)) {
      seen.push({ type, name: object.metadata.name, revision: Number(object.metadata.resourceVersion) });
    }
  } catch (error) {
    // Cut off by the kill; an answer that is not a stream is a failure of the test.
    if (error instanceof Error && error.message.includes('was answered')) throw error;
  }
}

/** What the kernel has promised: the revision of every put, and how often each name was deleted. */
interface Acknowledged {
  readonly puts: { readonly name: string; readonly revision: number }[];
  readonly deletions: Map<string, number>;
}

/** Creates, updates and deletes one name until the kernel is gone. */
async function write(
  transport: Transport,
  name: string,
  next: () => number,
  acknowledged: Acknowledged,
): Promise<void> {
  const path = `${maps}/${name}`;
  try {
    let isThere = (await call(transport, 'GET', path)).status === 200;
    for (;;) {
      const method = !isThere ? 'POST' : next() % 4 === 0 ? 'DELETE' : 'PUT';
      const body = method === 'DELETE' ? undefined : configMap(name, { x: 'y'.repeat(next() % 2000) });
      const answer = await call<{ metadata?: { resourceVersion?: string } }>(
        transport,
        method,
        method === 'POST' ? maps : path,
        body,
      );
      assert.ok(answer.status < 300, JSON.stringify(answer.body));
      isThere = method !== 'DELETE';
      if (isThere) acknowledged.puts.push({ name, revision: Number(answer.body.metadata?.resourceVersion) });
      else acknowledged.deletions.set(name, (acknowledged.deletions.get(name) ?? 0) + 1);
    }
  } catch (error) {
    // The kill ends it: a request without an answer promised nothing.
    if (error instanceof assert.AssertionError) throw error;
  }
}

function numbers(start: number): () => number {
  let state = start;
  return () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 8;
  };
}

it(`survives kill -9 (KERNEL_CRASHES=${rounds} KERNEL_SEED=${seed})`, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-kill-'));
  const next = numbers(seed);
  const acknowledged: Acknowledged = { puts: [], deletions: new Map() };
  const seen: Seen[] = [];
  let running = await start(directory);
  try {
    const list = await call<{ metadata: { resourceVersion: string } }>(running.transport, 'GET', maps);
    const from = Number(list.body.metadata.resourceVersion);
    for (let round = 0; round < rounds; round++) {
      const { transport, process: child } = running;
      const followed = follow(transport, seen, from);
      const writers = names.map((name) => write(transport, name, next, acknowledged));
      const enough = seen.length + 50 + (next() % 400);
      while (seen.length < enough) await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGKILL');
      await Promise.all([once(child, 'close'), followed, ...writers]);
      await transport.close();
      running = await start(directory);
    }
    await compareHistories(running.transport, seen, from, acknowledged);
  } finally {
    running.process.kill('SIGKILL');
    await running.transport.close();
    rmSync(directory, { recursive: true });
  }
});

/** The watch cut off and resumed in every round has seen what one watch from the start sees. */
async function compareHistories(
  transport: Transport,
  seen: Seen[],
  from: number,
  { puts, deletions }: Acknowledged,
): Promise<void> {
  const marker = await call<{ metadata: { resourceVersion: string } }>(transport, 'POST', maps, configMap('the-end'));
  const end = Number(marker.body.metadata.resourceVersion);
  const whole: Seen[] = [];
  const stop = new AbortController();
  const all = [follow(transport, whole, from, stop.signal), follow(transport, seen, from, stop.signal)];
  while ([whole, seen].some((events) => events.at(-1)?.revision !== end))
    await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  await Promise.all(all);
  assert.deepEqual(seen, whole);
  const revisions = whole.map((event) => event.revision);
  assert.deepEqual(
    revisions,
    [...new Set(revisions)].sort((a, b) => a - b),
  );
  const events = new Map(whole.map((event) => [event.revision, event]));
  for (const { name, revision } of puts) {
    const event = events.get(revision);
    assert.ok(event?.name === name && event.type !== 'DELETED', `${name} at ${revision} was acknowledged and is gone`);
  }
  for (const [name, count] of deletions) {
    const deleted = whole.filter((event) => event.type === 'DELETED' && event.name === name).length;
    assert.ok(deleted >= count, `${count} deletions of ${name} were acknowledged, ${deleted} happened`);
  }
}
