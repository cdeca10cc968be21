/** The examples as a reader runs them: `diatom run`, and requests. hello has its tests in command.test.ts. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { checkout } from './tools/npm.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Runs an example in the foreground; disposing stops it and demands that it ended well. */
async function run(file: string, ...options: readonly string[]): Promise<{ readonly url: string } & AsyncDisposable> {
  const home = await mkdtemp(join(tmpdir(), 'diatom-examples-'));
  // Compiled code is the same for all: only the first test of a checkout makes it.
  const cache = join(checkout, '.cache/test');
  await mkdir(cache, { recursive: true });
  await symlink(cache, join(home, 'cache'));
  const port = await freePort();
  const words = [join(checkout, 'cli/bin/diatom.mjs'), 'run', join(checkout, 'examples', file), ...options];
  const child = spawn(process.execPath, [...words, '-p', `${port}:8080`, '--json'], {
    env: { ...process.env, DIATOM_HOME: home, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = once(child, 'exit');
  const isListening = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (JSON.parse(line).event === 'listening') resolve();
    });
    void exit.then(([code]) => reject(new Error(`${file} ended with ${code} before it listened`)));
  });
  await isListening;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT');
      const [code] = await exit;
      await rm(home, { recursive: true, force: true });
      assert.equal(code, 0);
    },
  };
}

/** One request on a connection of its own. */
async function ask(
  url: string,
  method = 'GET',
  body?: string,
): Promise<{ status: number; text: string; answer: Response }> {
  const answer = await fetch(url, {
    method,
    headers: { connection: 'close' },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.status, text: await answer.text(), answer };
}

test('examples/notes keeps, lists and forgets notes', async () => {
  await using notes = await run('notes/notes.ts');
  assert.equal((await ask(`${notes.url}/notes`)).text, '[]');
  const note = 'a "quoted" note\nof two lines, ünïcode ✓';
  const added = await ask(`${notes.url}/notes`, 'POST', note);
  assert.equal(added.status, 201, added.text);
  assert.equal(added.answer.headers.get('location'), '/notes/1');
  const stored = JSON.parse((await ask(`${notes.url}/notes/1`)).text);
  assert.deepEqual([stored.id, stored.text], [1, note]);
  assert.ok(Math.abs(Date.parse(stored.created) - Date.now()) < 60_000, stored.created);
  assert.deepEqual(JSON.parse((await ask(`${notes.url}/notes`)).text), [stored]);
  assert.equal((await ask(`${notes.url}/notes`, 'POST', '')).status, 400);
  assert.equal((await ask(`${notes.url}/notes`, 'PUT', 'x')).answer.headers.get('allow'), 'GET, POST');
  assert.equal((await ask(`${notes.url}/notes/2`)).status, 404);
  assert.equal((await ask(`${notes.url}/elsewhere`)).text, '{"error":"there is nothing but /notes"}');
  assert.equal((await ask(`${notes.url}/notes/1`, 'DELETE')).status, 204);
  assert.equal((await ask(`${notes.url}/notes`)).text, '[]');
});

test('examples/notes forgets a note when its time, from the environment, is over', async () => {
  await using notes = await run('notes/notes.ts', '--env', 'KEEP_SECONDS=1');
  await ask(`${notes.url}/notes`, 'POST', 'short');
  const isKept = async (): Promise<boolean> => (await ask(`${notes.url}/notes/1`)).status === 200;
  while (await isKept());
});

test('examples/web is ordinary TypeScript', async () => {
  await using web = await run('web/web.ts', '--env', 'GREETING=Welcome');
  assert.equal((await ask(`${web.url}/hello?name=J%C3%BCrgen`)).text, 'Welcome, Jürgen\n');
  const missing = await ask(`${web.url}/elsewhere`);
  assert.deepEqual([missing.status, missing.text], [404, '{"error":"nothing at /elsewhere"}']);
});
