/** The `diatom` command from source file to answer, with the real compiler and tender. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { type FileHandle, mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { needsHvt } from './hvt.ts';
import { checkout } from './tools/npm.ts';

const main = join(checkout, 'cli/bin/diatom.mjs');
const hello = join(checkout, 'examples/hello/hello.ts');

let home = '';
let environment: NodeJS.ProcessEnv = {};
const children: ChildProcess[] = [];

const qemu = spawnSync('qemu-system-x86_64', ['--version']);
const needsQemu = {
  skip: qemu.status === 0 ? false : 'needs qemu-system-x86_64 (Debian: apt install qemu-system-x86)',
};

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'diatom-command-'));
  // The sealed tender and compiled code are the same for all: only the first test of a checkout makes them.
  const cache = join(checkout, '.cache/test');
  await mkdir(cache, { recursive: true });
  await symlink(cache, join(home, 'cache'));
  environment = { ...process.env, DIATOM_HOME: home, NO_COLOR: '1' };
});

after(async () => {
  for (const child of children) if (child.exitCode === null) child.kill('SIGKILL');
  await rm(home, { recursive: true, force: true });
});

function diatom(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [main, ...words], { encoding: 'utf8', env: environment, timeout: 60_000 });
}

interface Running {
  readonly child: ChildProcess;
  /** Resolves with the first line of JSON whose event is this one. */
  event(name: string): Promise<Record<string, unknown>>;
  readonly exit: Promise<number>;
  stderr(): string;
}

function start(...words: readonly string[]): Running {
  const child = spawn(process.execPath, [main, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const events: Record<string, unknown>[] = [];
  const listeners: (() => void)[] = [];
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    events.push(JSON.parse(line));
    for (const listener of listeners) listener();
  });
  const exit = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? 128)));
  return {
    child,
    exit,
    stderr: () => stderr,
    event: (name) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          const found = events.find((entry) => entry.event === name);
          if (found !== undefined) resolve(found);
        };
        listeners.push(look);
        look();
        void exit.then((code) => reject(new Error(`ended with ${code} before "${name}": ${stderr}`)));
      }),
  };
}

async function place(name: string, text: string): Promise<string> {
  const directory = join(home, 'sources', name);
  await mkdir(directory, { recursive: true });
  const path = join(directory, `${name}.ts`);
  await writeFile(path, text);
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('a source file becomes an image that can be listed, looked into and removed', () => {
  const built = diatom('build', hello, '-t', 'first:1.0', '--json');
  assert.equal(built.status, 0, built.stderr);
  const image = JSON.parse(built.stdout);
  assert.equal(image.reference, 'first:1.0');
  assert.deepEqual(
    JSON.parse(diatom('images', '--json').stdout).map((entry: { reference: string }) => entry.reference),
    ['first:1.0'],
  );
  const { manifest, origins } = JSON.parse(diatom('inspect', 'first:1.0', '--json').stdout);
  assert.deepEqual(
    manifest.ports.map(({ port }: { port: number }) => port),
    [8080],
  );
  assert.ok(manifest.systemCalls.includes('accept4') && !manifest.systemCalls.includes('open'));
  assert.ok(origins.some(({ origin }: { origin: string }) => origin === 'libos/http'));
  const why = JSON.parse(diatom('inspect', 'first:1.0', '--why', 'libos/loop/run', '--json').stdout);
  assert.deepEqual([why.path[0].by, why.path.at(-1)], ['entry', { function: 'libos/loop/run', by: 'call' }]);
  const absent = diatom('inspect', 'first:1.0', '--why', 'libos/loop/runs');
  assert.deepEqual([absent.status, /Near to it: libos\/loop\/run/.test(absent.stderr)], [1, true]);
  assert.match(diatom('images').stdout, /^first +1\.0 .* process,hvt /m);
  const hvt = JSON.parse(diatom('inspect', 'first:1.0', '--target', 'hvt', '--json').stdout);
  assert.deepEqual(
    [hvt.target, hvt.targets.map(({ target }: { target: string }) => target), hvt.manifest.systemCalls],
    ['hvt', ['process', 'hvt'], []],
  );
  assert.ok(hvt.origins.some(({ origin }: { origin: string }) => origin === 'bindings/hvt'));
  const wait = diatom('inspect', 'first:1.0', '--target', 'hvt', '--why', 'libos/loop/run');
  assert.deepEqual([wait.status, wait.stderr], [0, '']);
  assert.match(
    diatom('inspect', 'first:1.0', '--target', 'virtio').stderr,
    /^error: first:1\.0 was not built for the virtio target\nIt has process and hvt;/,
  );
  const bill = JSON.parse(diatom('inspect', 'first:1.0', '--sbom').stdout);
  assert.deepEqual([bill.bomFormat, bill.metadata.component.name], ['CycloneDX', manifest.name]);
  assert.match(diatom('inspect', 'first:1.0').stdout, /^system calls +accept4 /m);
  assert.equal(diatom('rmi', 'first:1.0').status, 0);
  assert.equal(diatom('inspect', 'first:1.0').status, 1);
});

test('a folder stands for the file of its name in it; one without says what was looked for', () => {
  const built = diatom('build', dirname(hello), '-t', 'folder');
  assert.equal(built.stdout, diatom('build', hello, '-t', 'folder').stdout);
  const other = diatom('run', join(dirname(hello), '..'));
  assert.equal(other.status, 1);
  assert.match(other.stderr, /is a folder without examples\.ts, examples\.tsx, service\.ts, .*\nName the file/);
});

test('the same source gives the same digest', () => {
  const first = diatom('build', hello, '-t', 'same');
  assert.equal(first.stdout, diatom('build', hello, '-t', 'same').stdout);
});

test('a mistake in the source is named with its place', async () => {
  const path = await place('wrong', 'const x: i32 = "no";\n');
  const { status, stderr } = diatom('build', path);
  assert.equal(status, 1);
  assert.match(stderr, /wrong\.ts:1:\d+/);
});

for (const target of ['process', 'node', 'hvt']) {
  const needs = target === 'hvt' ? needsHvt : {};
  test(`${target}: an image runs, answers, and stops at Ctrl-C`, needs, async () => {
    const port = await freePort();
    const running = start('run', hello, '-p', `${port}:8080`, '--target', target, '--json');
    await running.event('listening');
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    assert.equal(await answer.text(), 'hello\n');
    running.child.kill('SIGINT');
    assert.equal(await running.exit, 0, running.stderr());
  });

  test(`${target}: the exit status and the console are those of the image`, needs, async () => {
    const source = ['import { exit } from "diatom/process";', 'console.log("one line");', 'exit(7);'];
    const path = await place(`ends-${target}`, source.join('\n'));
    const { status, stdout, stderr } = diatom('run', path, '--target', target);
    assert.equal(status, 7, stderr);
    assert.equal(stdout, 'one line\n');
  });
}

for (const target of ['process', 'hvt']) {
  const needs = target === 'hvt' ? needsHvt : {};
  test(`${target}: an image that runs for longer than it may is ended, and that is said`, needs, async () => {
    const port = await freePort();
    const words = ['run', hello, '-p', `${port}:8080`, '--target', target, '--time-limit', '300ms'];
    const { status, stderr } = diatom(...words);
    assert.equal(status, 137, stderr);
    assert.match(stderr, /ran longer than its time limit of 300 ms \(DeadlineExceeded, exit status 137\)/);
  });
}

test('virtio: a source file runs in QEMU, under a tag of its own', needsQemu, async () => {
  const source = ['import { exit } from "diatom/process";', 'console.log("one line");', 'exit(7);'];
  const path = await place('machine', source.join('\n'));
  const { status, stdout, stderr } = diatom('run', path, '--target', 'virtio', '--accelerator', 'tcg');
  assert.equal(status, 7, stderr);
  assert.equal(stdout, 'one line\n');
  assert.match(stderr, /^Built machine:virtio in /);
});

test('each connection has a machine of its own with --per-connection', needsHvt, async () => {
  const code = [
    'import { serve, Request, Response } from "diatom/http";',
    'let count = 0;',
    'serve(8080, (request: Request): Response => Response.text((++count).toString()));',
  ];
  const path = await place('counter', code.join('\n'));
  const port = await freePort();
  const running = start('run', path, '-p', `${port}:8080`, '--target', 'hvt', '--per-connection', '--json');
  await running.event('listening');
  for (let round = 0; round < 3; round++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    assert.equal(await answer.text(), '1');
  }
  running.child.kill('SIGINT');
  assert.equal(await running.exit, 0, running.stderr());
});

test('an option of another target is refused before anything is built', () => {
  const { status, stderr } = diatom('run', hello, '--per-connection');
  assert.deepEqual(
    [status, stderr],
    [2, 'error: --per-connection has no meaning for the target process\nIt is for hvt.\n'],
  );
});

test('an image that is idle sleeps and the next connection boots it again', async () => {
  const port = await freePort();
  const running = start('run', hello, '-p', `${port}:8080`, '--idle', '200ms', '--json');
  await running.event('listening');
  for (let round = 0; round < 2; round++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } });
    assert.equal(answer.status, 200);
  }
  await running.event('running');
  await running.event('asleep');
  running.child.kill('SIGINT');
  assert.equal(await running.exit, 0, running.stderr());
});

test('a port that is taken is named', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    const { status, stderr } = diatom('run', hello, '-p', `${port}:8080`);
    assert.equal(status, 1);
    assert.match(stderr, new RegExp(`127\\.0\\.0\\.1 port ${port}: address already in use`));
  } finally {
    server.close();
  }
});

test('Ctrl-C ends a build at once, whatever it is busy with', { timeout: 30_000 }, async () => {
  const directory = await mkdtemp(join(home, 'interrupted-'));
  const settings = join(directory, 'diatom.json');
  await writeFile(join(directory, 'app.ts'), 'export default { fetch: () => new Response() };');
  // Whoever reads it waits for a writer, and a writer that does not wait fails until somebody reads.
  assert.equal(spawnSync('mkfifo', [settings]).status, 0);
  const child = spawn(process.execPath, [main, 'build', join(directory, 'app.ts')], { env: environment });
  children.push(child);
  const ended = once(child, 'exit');
  const opened = async (): Promise<FileHandle> => {
    for (;;) {
      const file = await open(settings, constants.O_WRONLY | constants.O_NONBLOCK).catch(() => undefined);
      if (file !== undefined) return file;
      await wait(10);
    }
  };
  await using _ = await opened();
  child.kill('SIGINT');
  assert.deepEqual(await ended, [null, 'SIGINT']);
});
