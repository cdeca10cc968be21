/** The machine ABI seen from applications: console, clocks, timers, streams, exits and traps. Same for every tender. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RunningApplication, StartApplication } from './application.ts';
import { RawClient } from './raw-client.ts';

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`;

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 8000;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function ask(running: RunningApplication, target: string): Promise<string> {
  using client = await RawClient.open(running.address);
  client.send(get(target));
  return (await client.response()).body.toString();
}

export function testMachine(target: string, start: StartApplication): void {
  describe(`machine ABI on ${target}`, () => {
    test('console, environment, clocks and entropy', async () => {
      await using running = await start('system.ts', { environment: { GREETING: 'gr\u00fc\u00df = x', OTHER: '' } });
      const exit = await running.exit;
      assert.deepEqual([exit.code, exit.reason], [0, 'Completed']);
      assert.deepEqual(await running.console(), [
        'GREETING=gr\u00fc\u00df = x',
        'MISSING=unset',
        'variables=2',
        'monotonic=true',
        'year=plausible',
        'random=true',
        'Date=true',
        'error: \u00fcn\u00efcode \u2713',
        'x'.repeat(10_000),
      ]);
    });

    test('timers fire in order and the exit status arrives', async () => {
      await using running = await start('timers.ts');
      const exit = await running.exit;
      assert.deepEqual([exit.code, exit.reason], [7, 'Error']);
      assert.deepEqual(await running.console(), ['started', 'first', 'second', 'tick', 'tick', 'tick']);
    });

    test('a stream brings back every byte, with back-pressure', async () => {
      await using running = await start('echo.ts');
      using client = await RawClient.open(running.address);
      const bytes = Buffer.from(Array.from({ length: 2_000_000 }, (_, i) => (i * 7) & 255));
      client.pause();
      client.send(bytes);
      await until('the connection', async () => (await running.console()).includes('opened'));
      client.resume();
      client.end();
      assert.ok((await client.closed()).equals(bytes));
      await until('the close', async () => (await running.console()).includes('closed'));
    });

    test('garbage is collected within the memory limit', async () => {
      await using running = await start('allocation.ts');
      for (let i = 0; i < 40; i++) assert.equal(await ask(running, '/'), '200');
    });

    for (const [name, path, line] of [
      ['a trap', '/trap', undefined],
      ['an exception', '/throw', /^error: thrown on purpose at http\.ts:\d+:\d+$/],
    ] as const) {
      test(`${name} ends the instance and is named`, async () => {
        await using running = await start('http.ts');
        await assert.rejects(ask(running, path));
        const exit = await running.exit;
        assert.equal(exit.reason, 'Trap');
        assert.equal(exit.code, 132);
        assert.match(exit.message, /unreachable|uncaught error/);
        assert.match(exit.message, /http\/handle/);
        const last = (await running.console()).at(-1) ?? '';
        if (line !== undefined) assert.match(last, line);
      });
    }

    test('endless recursion is a trap', async () => {
      await using running = await start('overflow.ts');
      await assert.rejects(ask(running, '/'));
      const exit = await running.exit;
      assert.equal(exit.reason, 'Trap');
      assert.match(exit.message, /deeper/);
    });

    test('exit statuses are the application’s', async () => {
      await using running = await start('http.ts');
      await assert.rejects(ask(running, '/exit?code=3'));
      const exit = await running.exit;
      assert.deepEqual([exit.code, exit.reason], [3, 'Error']);
    });

    test('bad handles and ports are errors', async () => {
      await using running = await start('hostile.ts');
      assert.equal(await ask(running, '/results'), 'done');
      await until('eight results', async () => (await running.console()).length >= 8);
      assert.deepEqual(await running.console(), [
        'listen -4',
        'listen negative -4',
        'accept -3',
        'receive -3',
        'send -3',
        'shutdown -3',
        'close -3',
        'environ 0',
      ]);
    });

    test('a bad address given to console_write is a trap of the instance', async () => {
      await using running = await start('hostile.ts');
      await assert.rejects(ask(running, '/console'));
      assert.equal((await running.exit).reason, 'Trap');
    });

    test('a bad address given to yield is a trap of the instance', async () => {
      await using running = await start('hostile.ts');
      using client = await RawClient.open(running.address);
      client.send(get('/yield'));
      // Nothing is written there before there is something to report: bytes go on arriving.
      const sending = setInterval(() => client.send('x'), 5);
      try {
        assert.equal((await running.exit).reason, 'Trap');
      } finally {
        clearInterval(sending);
      }
    });

    test('an idle instance goes and the next connection brings it back', async () => {
      await using running = await start('http.ts', { idleTimeoutMs: 100 });
      assert.equal(await ask(running, '/hello'), 'hello\n');
      const boots = async () => (await running.console()).filter((line) => line === 'ready').length;
      await until('the first line', async () => (await boots()) === 1);
      await until('a second boot', async () => {
        await new Promise((resolve) => setTimeout(resolve, 250));
        assert.equal(await ask(running, '/hello'), 'hello\n');
        return (await boots()) >= 2;
      });
    });

    test('no request is lost around idle exits', async () => {
      await using running = await start('http.ts', { idleTimeoutMs: 5 });
      // Pauses on both sides of the idle time: some requests meet an instance that is just leaving.
      for (let round = 0; round < 120; round++) {
        assert.equal(await ask(running, '/hello'), 'hello\n');
        await new Promise((resolve) => setTimeout(resolve, 3 + (round % 6)));
      }
      const boots = (await running.console()).filter((line) => line === 'ready').length;
      assert.ok(boots > 1, `${boots} boots`);
    });
  });
}
