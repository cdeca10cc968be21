import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Container } from '@diatom/sdk';
import { FakeClock, settle } from '@diatom/sdk/testing';
import { attempt } from './attempt.ts';
import { startProbes } from './prober.ts';

/** Probes of a container against scripted answers; what the listener heard, as words. */
function rig(container: Partial<Container>, answers: readonly boolean[], endsWithSuccess = false) {
  const heard: string[] = [];
  const clock = new FakeClock();
  let asked = 0;
  const prober = startProbes({
    container: { name: 'hello', ...container },
    podIP: '127.20.0.16',
    endsWithSuccess,
    clock,
    attempt: async () => {
      const isFine = answers[Math.min(asked, answers.length - 1)] === true;
      asked += 1;
      return isFine ? { result: 'success' } : { result: 'failure', why: 'scripted' };
    },
    listener: {
      startupDone: () => heard.push('started'),
      readiness: (isReady) => heard.push(isReady ? 'ready' : 'unready'),
      unhealthy: (probe) => heard.push(`unhealthy ${probe}`),
      failed: () => heard.push('failed'),
    },
  });
  const pass = async (seconds: number): Promise<void> => {
    for (let second = 0; second < seconds; second += 1) {
      await clock.advance(1000);
      await settle();
    }
  };
  return { heard, pass, prober, askedCount: () => asked };
}

const probe = { tcpSocket: { port: 80 }, periodSeconds: 1 };

test('readiness changes at its thresholds', async () => {
  const { heard, pass, prober } = rig({ readinessProbe: { ...probe, successThreshold: 2, failureThreshold: 2 } }, [
    true,
    true,
    false,
    false,
  ]);
  await pass(5);
  prober.stop();
  assert.deepEqual(heard.slice(0, 4), ['ready', 'failed', 'failed', 'unready']);
});

test('liveness speaks only when it gives up, and only once', async () => {
  const { heard, pass, askedCount } = rig({ livenessProbe: probe }, [true, false, false, false]);
  await pass(10);
  assert.deepEqual(heard, ['failed', 'failed', 'failed', 'unhealthy Liveness']);
  assert.equal(askedCount(), 4);
});

test('a startup probe holds the others back until it succeeds', async () => {
  const { heard, pass, prober } = rig({ startupProbe: probe, readinessProbe: probe }, [false, true]);
  await pass(2);
  assert.deepEqual(heard.slice(0, 2), ['failed', 'started']);
  await pass(2);
  prober.stop();
  assert.equal(heard[2], 'ready');
});

test('probes of a lazy container end with their first success', async () => {
  const { pass, askedCount } = rig({ readinessProbe: probe, livenessProbe: probe }, [true], true);
  await pass(10);
  assert.equal(askedCount(), 2);
});

test('an HTTP probe takes 200-399 for success and says what else it got', async (context) => {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/fine' ? 204 : 503;
    response.end();
  }).listen(0, '127.0.0.1');
  context.after(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const container: Container = { name: 'hello', ports: [{ name: 'web', containerPort: port }] };
  const get = (path: string) => attempt({ httpGet: { path, port: 'web' } }, container, '127.0.0.1');
  assert.deepEqual(await get('fine'), { result: 'success' });
  assert.deepEqual(await get('/broken'), { result: 'failure', why: 'HTTP probe failed with statuscode: 503' });
  assert.equal((await attempt({ tcpSocket: { port } }, container, '127.0.0.1')).result, 'success');
  assert.match(
    JSON.stringify(await attempt({ tcpSocket: { port: 'none' } }, container, '127.0.0.1')),
    /no port of container hello is called none/,
  );
});
