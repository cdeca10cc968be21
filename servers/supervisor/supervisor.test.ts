import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { type ServerWorkerData, Supervisor, serverWorkerEntry } from './index.ts';
import { defaultLimits } from './supervision.ts';

const module = new URL('./testing/echo-server.ts', import.meta.url).href;

/** A supervisor whose log can be waited on. */
function supervisorWithLog() {
  const lines: string[] = [];
  let wake = () => {};
  const supervisor = new Supervisor({
    log: (source, line) => {
      lines.push(`${source}: ${line}`);
      wake();
    },
    limits: { ...defaultLimits, firstDelayMs: 1 },
  });
  const seen = async (part: string, times = 1): Promise<void> => {
    while (lines.filter((line) => line.includes(part)).length < times) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  };
  return { supervisor, lines, seen };
}

/** A worker whose way to the kernel is one end of a channel. */
function spec(
  supervisor: Supervisor,
  name: string,
  settings: Readonly<Record<string, unknown>>,
  channel = new MessageChannel(),
) {
  const data: ServerWorkerData = { name, module, settings };
  return {
    name,
    entry: serverWorkerEntry,
    data,
    resourceLimits: { maxOldGenerationSizeMb: 32 },
    onDeclared: () => {
      supervisor.send(name, { kind: 'connect', port: channel.port2 });
      channel = new MessageChannel();
    },
  };
}

test('a killed worker is started again with its settings and stops in order when asked', async () => {
  const { supervisor, lines, seen } = supervisorWithLog();
  supervisor.start(spec(supervisor, 'echo', { greeting: 'hello' }));
  await seen('greeting hello');
  await supervisor.kill('echo');
  await seen('greeting hello', 2);
  await supervisor.stop(['echo']);
  assert.ok(lines.includes('echo: stopping'));
  assert.deepEqual(
    supervisor.reports().map(({ name, phase, restartCount }) => ({ name, phase, restartCount })),
    [{ name: 'echo', phase: 'stopped', restartCount: 1 }],
  );
});

test('a worker that throws is reported with its error and tried again', async () => {
  const { supervisor, seen } = supervisorWithLog();
  supervisor.start(spec(supervisor, 'echo', { fails: true }));
  await seen('told to fail', 2);
  await supervisor.stop(['echo']);
});

test('a request in flight when the kernel dies is answered 503, one posted then waits for the next kernel', async () => {
  const { supervisor, seen } = supervisorWithLog();
  const [first, second] = [new MessageChannel(), new MessageChannel()];
  const asked = new Promise<void>((resolve) => first.port1.once('message', () => resolve()));
  const askedAgain = new Promise<unknown>((resolve) => second.port1.once('message', resolve));
  supervisor.start(spec(supervisor, 'echo', { greeting: 'hello' }, first));
  await asked;
  first.port1.close();
  await seen('answered 503');
  supervisor.send('echo', { kind: 'connect', port: second.port2 });
  assert.deepEqual(await askedAgain, { kind: 'request', id: 2, method: 'GET', path: '/version' });
  second.port1.close();
  await supervisor.stop(['echo']);
});
