/** `diatom up` as a user meets it: ready, refused for a reason in words, stopped in order. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { checkout } from './tools/npm.ts';

const command = join(checkout, 'cli/bin/diatom.mjs');

let home = '';
let environment: NodeJS.ProcessEnv = {};
let child: ChildProcess | undefined;
let ready: { readonly address: string; readonly kubeconfig: string; readonly pid: number };

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'diatom-up-'));
  const cache = join(checkout, '.cache/test');
  await mkdir(cache, { recursive: true });
  await symlink(cache, join(home, 'cache'));
  environment = { ...process.env, DIATOM_HOME: home, NO_COLOR: '1' };
  const started = spawn(process.execPath, [command, 'up', '--json'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child = started;
  ready = await new Promise((resolve, reject) => {
    createInterface({ input: started.stdout }).once('line', (line) => resolve(JSON.parse(line)));
    started.once('exit', (code) => reject(new Error(`diatom up ended with ${code}`)));
  });
});

after(async () => {
  if (child?.exitCode === null) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

function up(...words: readonly string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [command, 'up', ...words], {
    encoding: 'utf8',
    env: environment,
    timeout: 30_000,
  });
}

/** Progress of a first use may stand before it. */
function failure(stderr: string): string {
  return stderr.slice(stderr.indexOf('error: '));
}

test('the line that says ready names the process, the address and the kubeconfig', async () => {
  assert.equal(ready.pid, child?.pid);
  assert.match(ready.address, /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.match(await readFile(ready.kubeconfig, 'utf8'), new RegExp(ready.address));
});

test('a port that is in use is named, with what to do', () => {
  const { port } = new URL(ready.address);
  const { status, stderr } = up('--data', join(home, 'other'), '--port', port);
  assert.equal(status, 1);
  assert.equal(failure(stderr), `error: port ${port} is in use\nChoose another with --port, or leave --port out.\n`);
});

test('a data directory that another cell uses is refused with its process', () => {
  const { status, stderr } = up();
  assert.equal(status, 1);
  assert.match(failure(stderr), new RegExp(`in use by process ${ready.pid}`));
  assert.doesNotMatch(failure(stderr), /^\s+at /m);
});

test('a data directory that is a file is refused', async () => {
  const path = join(home, 'file');
  await writeFile(path, '');
  const { status, stderr } = up('--data', path);
  assert.equal(status, 1);
  assert.equal(failure(stderr), `error: ${path} is not a directory\nChoose another with --data.\n`);
});

test('wrong words are wrong usage', () => {
  assert.equal(up('--port', '70000').status, 2);
  assert.equal(up('--target', 'hvt').status, 2);
  assert.equal(up('here').status, 2);
});

test('Ctrl-C stops the cell with status 0, and it starts again', async () => {
  assert.ok(child);
  const exit = new Promise((resolve) => child?.once('exit', resolve));
  child.kill('SIGINT');
  assert.equal(await exit, 0);
  const again = spawn(process.execPath, [command, 'up', '--json'], {
    env: environment,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  child = again;
  const line = await new Promise<string>((resolve) => createInterface({ input: again.stdout }).once('line', resolve));
  assert.equal(JSON.parse(line).kubeconfig, ready.kubeconfig);
  const end = new Promise((resolve) => again.once('exit', resolve));
  again.kill('SIGINT');
  assert.equal(await end, 0);
});
