/** The demo, as a program reads it and as a person interrupts it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsHvt } from './hvt.ts';
import { needsKubectl } from './kubectl.ts';
import { checkout } from './tools/npm.ts';

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function demo(temporary: string, onOutput: (stdout: string, interrupt: () => void) => void): Promise<Outcome> {
  const child = spawn(process.execPath, [join(checkout, 'examples/demo.ts'), '--json'], {
    env: { ...process.env, TMPDIR: temporary, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    onOutput(stdout, () => child.kill('SIGINT'));
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, stdout, stderr };
}

/** Command lines of living processes that name this directory. */
function processesOf(directory: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((line) => line.includes(directory));
}

/** What is known of each target. */
function checkColumn(column: Record<string, unknown>): void {
  const { image_bytes, apply_to_ready_ms, cold_first_byte_ms, warm_p50_ms, idle_memory_kb, ...rest } = column;
  for (const value of [image_bytes, apply_to_ready_ms, warm_p50_ms, idle_memory_kb]) {
    assert.ok(Number(value) > 0, JSON.stringify(column));
  }
  assert.ok(Array.isArray(cold_first_byte_ms) && cold_first_byte_ms.length > 3);
  const { requests, ...outcome } = rest;
  assert.ok(Number(requests) > 100);
  assert.deepEqual(outcome, { failed: 0, scaled_to_zero: true });
}

test('the demo does everything and ends with one line of JSON', needsKubectl, async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'demo-test-'));
  try {
    const { code, stdout, stderr } = await demo(temporary, () => {});
    assert.equal(code, 0, `${stdout}\n${stderr}`);
    const numbers = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    const { build_ms, cell_ready_ms, hvt, ...column } = numbers;
    assert.ok(build_ms > 0 && cell_ready_ms > 0);
    checkColumn(column);
    if (needsHvt.skip === false) checkColumn(hvt);
    else assert.match(hvt.missing, /./);
    assert.match(stdout, /^ONE SERVICE, TWO TARGETS +PROCESS +VIRTUAL MACHINE$/m);
    assert.match(stdout, /^first byte from zero, p50 +[\d.]+ ms +(?:[\d.]+ ms|-)$/m);
    assert.match(stdout, /^ +npm\/hono +\d+ +\d+$/m);
    assert.deepEqual(await readdir(temporary), []);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});

test('an interrupted demo says so, fails, and leaves nothing behind', needsKubectl, async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'demo-test-'));
  try {
    let isInterrupted = false;
    const { code, stderr } = await demo(temporary, (stdout, interrupt) => {
      // The service is deployed and under load: cell, tender and instance are all alive.
      if (isInterrupted || !stdout.includes('. Load')) return;
      isInterrupted = true;
      interrupt();
    });
    assert.equal(code, 1, stderr);
    assert.match(stderr, /The demo failed at "Load.*interrupted/s);
    assert.deepEqual(processesOf(temporary), []);
    assert.deepEqual(await readdir(temporary), []);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
});
