import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type LogOptions, parseLine, parseLogOptions } from './cri-line.ts';
import { readLog } from './read-log.ts';

const plain: LogOptions = {
  follow: false,
  previous: false,
  timestamps: false,
  tailLines: undefined,
  limitBytes: undefined,
  since: undefined,
};

const record = (second: number, text: string): string =>
  `2026-01-01T00:00:${String(second).padStart(2, '0')}.123456789Z stdout F ${text}\n`;

function logFile(context: TestContext, content: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-log-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const path = join(directory, '0.log');
  writeFileSync(path, content);
  return path;
}

async function read(path: string, options: Partial<LogOptions>): Promise<string> {
  let text = '';
  const source = { path, isOver: () => true, signal: new AbortController().signal };
  for await (const part of readLog(source, { ...plain, ...options })) text += part;
  return text;
}

test('a log is read whole, by its tail, from a time on, with time stamps, up to a size', async (context) => {
  const path = logFile(context, [1, 2, 3].map((second) => record(second, `line ${second}`)).join(''));
  assert.equal(await read(path, {}), 'line 1\nline 2\nline 3\n');
  assert.equal(await read(path, { tailLines: 2 }), 'line 2\nline 3\n');
  assert.equal(await read(path, { tailLines: 0 }), '');
  assert.equal(await read(path, { tailLines: 9 }), 'line 1\nline 2\nline 3\n');
  assert.equal(await read(path, { since: '2026-01-01T00:00:03.000Z' }), 'line 3\n');
  assert.equal(await read(path, { tailLines: 1, timestamps: true }), '2026-01-01T00:00:03.123456789Z line 3\n');
  assert.equal(await read(path, { limitBytes: 9 }), 'line 1\nli');
});

test('a tail that begins in an earlier chunk of a large file is found', async (context) => {
  const lines = Array.from({ length: 5000 }, (_, index) => record(index % 60, `line ${index} ${'x'.repeat(40)}`));
  const text = await read(logFile(context, lines.join('')), { tailLines: 3000 });
  assert.equal(text.split('\n').length - 1, 3000);
  assert.ok(text.startsWith('line 2000 '));
});

test('following delivers what is appended, a half-written line only when it is whole, and ends with the container', async (context) => {
  const path = logFile(context, record(1, 'before'));
  let isOver = false;
  const source = { path, isOver: () => isOver, signal: new AbortController().signal };
  const parts = readLog(source, { ...plain, follow: true });
  assert.equal((await parts.next()).value, 'before\n');
  appendFileSync(path, record(2, 'whole') + record(3, 'half').slice(0, 20));
  assert.equal((await parts.next()).value, 'whole\n');
  isOver = true;
  appendFileSync(path, record(3, 'half').slice(20));
  assert.equal((await parts.next()).value, 'half\n');
  assert.equal((await parts.next()).done, true);
});

test('following goes on with the new file when the log is rotated', async (context) => {
  const path = logFile(context, record(1, 'before'));
  let isOver = false;
  const source = { path, isOver: () => isOver, signal: new AbortController().signal };
  const parts = readLog(source, { ...plain, follow: true });
  assert.equal((await parts.next()).value, 'before\n');
  appendFileSync(path, record(2, 'last of the old'));
  renameSync(path, `${path}.1`);
  appendFileSync(path, record(3, 'first of the new'));
  assert.equal((await parts.next()).value, 'last of the old\n');
  assert.equal((await parts.next()).value, 'first of the new\n');
  isOver = true;
  assert.equal((await parts.next()).done, true);
});

test('a part of a long line is joined with the next, and an empty line stays one', () => {
  assert.deepEqual(parseLine('2026-01-01T00:00:00Z stdout P abc'), {
    time: '2026-01-01T00:00:00Z',
    text: 'abc',
    isWhole: false,
  });
  assert.deepEqual(parseLine('2026-01-01T00:00:00Z stdout F '), {
    time: '2026-01-01T00:00:00Z',
    text: '',
    isWhole: true,
  });
  assert.equal(parseLine('nonsense'), undefined);
});

test('wrong options are named', () => {
  const parse = (query: string) => parseLogOptions(new URLSearchParams(query), 0);
  assert.throws(() => parse('tailLines=-1'), /tailLines: "-1"/);
  assert.throws(() => parse('limitBytes=0'), /limitBytes/);
  assert.throws(() => parse('sinceTime=yesterday'), /sinceTime/);
  assert.equal(parse('follow=true&sinceSeconds=10').since, '1969-12-31T23:59:50.000Z');
});
