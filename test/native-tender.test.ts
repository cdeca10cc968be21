/** The native tender with well-behaved images, its clients and its end. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { connectProcessTender, type SlotSpec, writeRunSpec } from '@diatom/tender';
import { buildImage, textAddress } from './hostile/image.ts';
import { bytes, exit, load, program, spin, systemCall } from './hostile/machine-code.ts';
import { startTestTender, type TestTender, tenderPid } from './hostile/native-tender.ts';
import { seededRandom, testSeed } from './hostile/random.ts';
import { answer, serverImage } from './hostile/server-image.ts';

const address = '127.0.0.1';

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  const place = server.address();
  server.close();
  await once(server, 'close');
  if (place === null || typeof place === 'string') throw new Error('no port');
  return place.port;
};

const fetchAnswer = (port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, address);
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });

const withTender = (work: (subject: TestTender) => Promise<void>) => async (): Promise<void> => {
  await using subject = await startTestTender();
  await work(subject);
};

const server = async (
  subject: TestTender,
  id: string,
  idleMs: number,
  more: Partial<SlotSpec> = {},
): Promise<SlotSpec> => {
  const hostPort = await freePort();
  return subject.spec(id, serverImage(idleMs), {
    listen: [{ port: 8080, address, hostPort }],
    idleTimeoutMs: idleMs,
    boot: 'lazy',
    ...more,
  });
};
const portOf = (spec: SlotSpec): number => spec.listen[0]?.hostPort ?? 0;

const isGone = async (pid: number): Promise<boolean> =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => /\) Z /.test(stat),
    () => true,
  );

/** How many descriptors all epoll sets of a process watch. */
const watchedCount = async (pid: number): Promise<number> => {
  const names = await readdir(`/proc/${pid}/fdinfo`);
  const texts = await Promise.all(names.map((name) => readFile(`/proc/${pid}/fdinfo/${name}`, 'utf8')));
  return texts.join('').match(/^tfd:/gm)?.length ?? 0;
};

test(
  'a lazy slot boots for a connection, falls asleep when idle, and boots again',
  withTender(async (subject) => {
    const spec = await server(subject, 'lazy', 30);
    assert.deepEqual(await subject.tender.start(spec), { kind: 'asleep', bootCount: 0 });
    for (const bootCount of [1, 2, 3]) {
      assert.equal(await fetchAnswer(portOf(spec)), answer);
      await subject.when(({ state }) => state.kind === 'running' && state.bootCount === bootCount);
      await subject.when(({ state }) => state.kind === 'asleep' && state.bootCount === bootCount);
    }
    assert.match(await subject.log('lazy'), /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z stdout F hello\n){3}$/);
  }),
);

test(
  'a thousand connections at once at a sleeping slot are all answered',
  withTender(async (subject) => {
    const spec = await server(subject, 'many', 200);
    await subject.tender.start(spec);
    const answers = await Promise.all(Array.from({ length: 1000 }, () => fetchAnswer(portOf(spec))));
    assert.deepEqual([...new Set(answers)], [answer]);
    const [slot] = await subject.tender.list();
    assert.equal(slot?.state.bootCount, 1);
  }),
);

test(
  'connections that arrive in the moment of falling asleep are answered',
  withTender(async (subject) => {
    const spec = await server(subject, 'edge', 2);
    await subject.tender.start(spec);
    for (let round = 0; round < 100; round += 1) {
      assert.equal(await fetchAnswer(portOf(spec)), answer);
      await wait(round % 5);
    }
  }),
);

test(
  'a lazy image that ends before its idle time is not booted over and over',
  withTender(async (subject) => {
    const hostPort = await freePort();
    const listen = [{ port: 8080, address, hostPort }];
    const spec = await subject.spec('quits', buildImage({ text: exit(0) }), {
      listen,
      boot: 'lazy',
      idleTimeoutMs: 5000,
    });
    await subject.tender.start(spec);
    connect(hostPort, address).on('error', () => undefined);
    const { state } = await subject.when((event) => event.state.kind === 'ended');
    assert.equal(state.kind === 'ended' && state.exit.reason, 'Completed');
    assert.equal(state.bootCount, 1);
  }),
);

test(
  'a lazy slot that cannot boot has ended, and the connection that waits for it costs the tender nothing',
  withTender(async (subject) => {
    const witness = await subject.tender.start(await subject.spec('witness', buildImage({ text: spin })));
    const pid = await tenderPid(witness.kind === 'running' ? witness.pid : 0);
    const logDirectory = join(subject.directory, 'gone');
    await mkdir(logDirectory);
    const spec = await server(subject, 'unbootable', 30, { logPath: join(logDirectory, 'log') });
    const before = await watchedCount(pid);
    await subject.tender.start(spec);
    assert.equal(await watchedCount(pid), before + 1);
    await rm(logDirectory, { recursive: true });
    // Closing the sockets of the slot resets what waits in their queue, maybe before this side has seen itself connected.
    const socket = connect(portOf(spec), address).on('error', () => undefined);
    const { state } = await subject.when((event) => event.state.kind === 'ended');
    assert.match(state.kind === 'ended' ? state.exit.message : '', /could not boot: the log file cannot be opened/);
    // What epoll still knew of it would be reported again and again.
    assert.equal(await watchedCount(pid), before);
    await assert.rejects(fetchAnswer(portOf(spec)), { code: 'ECONNREFUSED' });
    socket.destroy();
  }),
);

test(
  'a tender without a free descriptor says so and still lets the next client in',
  withTender(async (subject) => {
    const few = join(subject.directory, 'few-descriptors');
    await writeFile(few, `#!/bin/sh\nulimit -n 64\nexec ${subject.binaryPath} "$@"\n`, { mode: 0o755 });
    const options = { binaryPath: few, socketPath: join(subject.directory, 'few.sock'), clientGraceMs: 2000 };
    const first = await connectProcessTender(options);
    let started = 0;
    const fill = async (): Promise<void> => {
      for (; ; started += 1) await first.start(await server(subject, `slot-${started}`, 30));
    };
    await assert.rejects(fill(), /too many open files/);
    const second = await connectProcessTender(options);
    await first.closed;
    assert.equal((await second.list()).length, started);
    for (let index = 0; index < started; index += 1) await second.stop(`slot-${index}`, 0);
    await second.close();
  }),
);

test(
  'an eager slot boots at once and reports its end',
  withTender(async (subject) => {
    const spec = await server(subject, 'eager', 30, { boot: 'eager' });
    assert.equal((await subject.tender.start(spec)).kind, 'running');
    assert.equal(await fetchAnswer(portOf(spec)), answer);
    const { state } = await subject.when((event) => event.state.kind === 'ended');
    assert.equal(state.kind === 'ended' && state.exit.code, 0);
  }),
);

test(
  'connections to a slot that has ended are refused, and its address can be listened on again at once',
  withTender(async (subject) => {
    const spec = await server(subject, 'ends', 30, { boot: 'eager' });
    for (const id of ['first', 'second']) {
      await subject.tender.start({ ...spec, id });
      assert.equal(await fetchAnswer(portOf(spec)), answer);
      await subject.when((event) => event.id === id && event.state.kind === 'ended');
      await assert.rejects(fetchAnswer(portOf(spec)), { code: 'ECONNREFUSED' });
    }
  }),
);

test(
  'an image gets its environment, ports and memories in the boot block',
  withTender(async (subject) => {
    // Writes the boot block's first 256 bytes and the environment behind it to the console.
    const text = program(
      bytes(0x48, 0x89, 0xfe),
      load('rdi', 1),
      load('rdx', 256 + 14),
      load('rax', 1),
      bytes(0x0f, 0x05),
      exit(0),
    );
    const listen = [{ port: 8080, address, hostPort: await freePort() }];
    const memories = [1, 2].map((initialPages) => ({ initialPages, maximumPages: 4 }));
    const specPath = join(subject.directory, 'run.spec');
    const environment = { NAME: 'value', A: '1' };
    const spec = await subject.spec('boot', buildImage({ text, memories }), {
      listen,
      environment,
      idleTimeoutMs: 1500,
    });
    await writeRunSpec(spec, specPath);
    const { stdout } = await promisify(execFile)(subject.binaryPath, ['run', specPath], { encoding: 'buffer' });
    const word = (index: number): bigint => stdout.readBigUInt64LE(index * 8);
    assert.equal(word(0), 0x6d6f_7461_6964_0001n);
    assert.equal(word(1), 1_500_000_000n);
    assert.equal(word(3), 15n);
    assert.equal(word(4), 1n);
    assert.equal(word(5), 3n);
    assert.equal(word(16), (8080n << 32n) | 4n);
    for (const base of [word(8), word(9)]) assert.ok(base > 0xffff_ffffn && base % 65_536n === 0n);
    assert.equal(word(10), 0n);
    assert.equal(stdout.subarray(256).toString(), 'NAME=value\0A=1');
  }),
);

test(
  'run mode ends with the status of the image and tells traps on standard error',
  withTender(async (subject) => {
    const run = async (text: Uint8Array): Promise<{ code: unknown; stderr: unknown }> => {
      const specPath = join(subject.directory, 'run.spec');
      await writeRunSpec(await subject.spec('run', buildImage({ text })), specPath);
      return promisify(execFile)(subject.binaryPath, ['run', specPath]).then(
        () => ({ code: 0, stderr: '' }),
        (error: { code: unknown; stderr: unknown }) => error,
      );
    };
    assert.equal((await run(exit(9))).code, 9);
    const trapped = await run(bytes(0x0f, 0x0b, 1));
    assert.equal(trapped.code, 132);
    assert.match(String(trapped.stderr), /^trap unreachable at 0x10000000 /);
  }),
);

test(
  'run mode says what is wrong with its spec',
  withTender(async (subject) => {
    const path = join(subject.directory, 'damaged');
    await writeFile(path, 'no spec');
    const failed = await promisify(execFile)(subject.binaryPath, ['run', path]).catch((error: unknown) => error);
    assert.deepEqual(
      { code: (failed as { code: unknown }).code, stderr: (failed as { stderr: unknown }).stderr },
      { code: 125, stderr: 'boot: the spec is of another version of the tender\n' },
    );
  }),
);

test(
  'an address in use is said in words and leaves nothing behind',
  withTender(async (subject) => {
    const spec = await server(subject, 'first', 1000);
    await subject.tender.start(spec);
    const message = new RegExp(`127\\.0\\.0\\.1 port ${portOf(spec)}: address already in use`);
    await assert.rejects(subject.tender.start({ ...spec, id: 'second' }), { code: 'AddressInUse', message });
    await subject.tender.stop('first', 0);
    assert.equal((await subject.tender.start({ ...spec, id: 'second' })).kind, 'asleep');
  }),
);

test(
  'an IPv6 address is listened on',
  withTender(async (subject) => {
    const hostPort = await freePort();
    const spec = await subject.spec('six', serverImage(50), {
      listen: [{ port: 8080, address: '::1', hostPort }],
      boot: 'lazy',
    });
    const started = await subject.tender.start(spec).catch((error: { code: string; message: string }) => error);
    if ('code' in started) assert.match(started.message, /not an address of this machine|not supported/);
    else {
      const socket = connect(hostPort, '::1');
      assert.equal(String((await once(socket, 'data'))[0]), answer);
    }
  }),
);

test(
  'an id is taken until its slot is stopped, and stop is idempotent',
  withTender(async (subject) => {
    const spec = await subject.spec('twice', buildImage({ text: spin }));
    await subject.tender.start(spec);
    await assert.rejects(subject.tender.start(spec), { code: 'AlreadyExists' });
    await subject.tender.stop('twice', 0);
    await subject.tender.stop('twice', 0);
    await subject.tender.stop('never was', 0);
    assert.deepEqual(await subject.tender.list(), []);
  }),
);

test(
  'a stop without grace takes over from one with much of it',
  withTender(async (subject) => {
    await subject.tender.start(await subject.spec('patient', buildImage({ text: spin })));
    const patient = subject.tender.stop('patient', 3_600_000);
    await Promise.all([patient, subject.tender.stop('patient', 0)]);
    assert.deepEqual(await subject.tender.list(), []);
  }),
);

test(
  'lines, pieces of lines and what is not text reach the log',
  withTender(async (subject) => {
    const output = Buffer.concat([Buffer.from('one\ntwo\n\nthree'), Buffer.from([0xff, 0x00]), Buffer.from('\nrest')]);
    const text = Buffer.alloc(4096);
    text.set(program(systemCall(1, 1, textAddress + 2048, output.length), exit(0)));
    text.set(output, 2048);
    await subject.runToEnd('lines', buildImage({ text }));
    const pieces = (await readFile(join(subject.directory, 'lines.log'), 'latin1'))
      .split('\n')
      .map((line) => line.slice(31));
    assert.deepEqual(pieces, [
      'stdout F one',
      'stdout F two',
      'stdout F ',
      'stdout F three\xff\0',
      'stdout P rest',
      '',
    ]);
  }),
);

test(
  'a second client replaces the first and finds every slot',
  withTender(async (subject) => {
    await subject.tender.start(await subject.spec('kept', buildImage({ text: spin })));
    const { binaryPath, socketPath } = subject;
    const second = await connectProcessTender({ binaryPath, socketPath });
    await subject.tender.closed;
    await assert.rejects(subject.tender.list(), { code: 'ConnectionLost' });
    const [slot] = await second.list();
    assert.equal(slot?.id, 'kept');
    assert.equal(slot?.state.kind, 'running');
    await second.stop('kept', 0);
    await second.close();
  }),
);

test(
  'instances outlive their client and are found again',
  withTender(async (subject) => {
    const started = await subject.tender.start(await subject.spec('orphan', buildImage({ text: spin })));
    await subject.tender.close();
    const { binaryPath, socketPath } = subject;
    const next = await connectProcessTender({ binaryPath, socketPath });
    assert.deepEqual(await next.list(), [{ id: 'orphan', state: started }]);
    await next.stop('orphan', 0);
    await next.close();
  }),
);

for (const end of ['no client comes back', 'it is told to'] as const) {
  test(
    `the tender ends with everything in it when ${end}`,
    withTender(async (subject) => {
      const started = await subject.tender.start(await subject.spec('doomed', buildImage({ text: spin })));
      const pid = started.kind === 'running' ? started.pid : 0;
      const parent = await tenderPid(pid);
      if (end === 'it is told to') process.kill(parent, 'SIGTERM');
      else await subject.tender.close();
      await subject.tender.closed;
      while (!(await isGone(pid)) || !(await isGone(parent))) await wait(10);
    }),
  );
}

test(
  'instances die with a tender that is killed',
  withTender(async (subject) => {
    const started = await subject.tender.start(await subject.spec('attached', buildImage({ text: spin })));
    const pid = started.kind === 'running' ? started.pid : 0;
    process.kill(await tenderPid(pid), 'SIGKILL');
    await subject.tender.closed;
    while (!(await isGone(pid))) await wait(5);
  }),
);

test(
  'two clients that start a tender in the same moment end up with one',
  withTender(async (subject) => {
    const { binaryPath } = subject;
    const socketPath = join(subject.directory, 'other.sock');
    const settled = await Promise.allSettled([1, 2, 3].map(() => connectProcessTender({ binaryPath, socketPath })));
    const last = await connectProcessTender({ binaryPath, socketPath });
    assert.deepEqual(await last.list(), []);
    for (const result of settled) if (result.status === 'fulfilled') await result.value.close();
    await last.close();
  }),
);

test(
  'whatever a client sends, the tender and its instances live',
  withTender(async (subject) => {
    const seed = testSeed();
    const random = seededRandom(seed);
    const started = await subject.tender.start(await subject.spec('witness', buildImage({ text: spin })));
    for (let round = 0; round < 60; round += 1) {
      const socket = connect(subject.socketPath);
      socket.on('error', () => undefined);
      const frame = Buffer.from(Array.from({ length: 12 + random(300) }, () => random(256)));
      // Most are cut to a plausible length and kind, so that the checks behind are met too.
      if (random(4) > 0) frame.writeUInt32LE(frame.length - 4, 0);
      if (random(4) > 0) frame.writeUInt32LE(1 + random(4), 4);
      if (random(2) > 0 && frame.length > 80) frame.writeUInt32LE(0x3253_5444, 12);
      socket.end(frame);
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    const { binaryPath, socketPath } = subject;
    const next = await connectProcessTender({ binaryPath, socketPath });
    const witness = (await next.list()).find(({ id }) => id === 'witness');
    assert.deepEqual(witness?.state, started, `seed ${seed}`);
    for (const { id } of await next.list()) await next.stop(id, 0);
    await next.close();
  }),
);

test(
  'a client that asks much and reads nothing does not make the tender grow',
  withTender(async (subject) => {
    const started = await subject.tender.start(await subject.spec('witness', buildImage({ text: spin })));
    const parent = await tenderPid(started.kind === 'running' ? started.pid : 0);
    const greedy = connect(subject.socketPath);
    greedy.on('error', () => undefined);
    greedy.pause();
    const list = Buffer.from([8, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0]);
    greedy.write(Buffer.concat(Array.from({ length: 50_000 }, () => list)));
    const { binaryPath, socketPath } = subject;
    const next = await connectProcessTender({ binaryPath, socketPath });
    const status = await readFile(`/proc/${parent}/status`, 'utf8');
    assert.ok(Number(/^VmRSS:\s*(\d+)/m.exec(status)?.[1]) < 16_384);
    greedy.destroy();
    await next.stop('witness', 0);
    await next.close();
  }),
);
