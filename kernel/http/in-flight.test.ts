import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../wire/status.ts';
import { createInFlight } from './in-flight.ts';

test('a client with a thousand requests waiting keeps another one waiting for one of them only', async () => {
  const inFlight = createInFlight({ reading: 1, writing: 1, waiting: 1000 });
  const served: string[] = [];
  const ask = async (client: string): Promise<void> => {
    await inFlight.enter('POST', client);
    served.push(client);
  };
  const all = [...Array.from({ length: 1000 }, () => ask('greedy')), ask('modest'), ask('modest')];
  for (let request = 0; request < all.length; request++) {
    await new Promise((resolve) => setImmediate(resolve));
    inFlight.leave('POST');
  }
  await Promise.all(all);
  assert.deepEqual(served.slice(0, 5), ['greedy', 'greedy', 'modest', 'greedy', 'modest']);
});

test('whose line is full is told to come back, and nobody else', () => {
  const inFlight = createInFlight({ reading: 1, writing: 1, waiting: 2 });
  const ask = (client: string, method = 'GET'): void => void inFlight.enter(method, client);
  for (let request = 0; request < 3; request++) ask('greedy');
  assert.throws(
    () => ask('greedy'),
    (error) => error instanceof ApiError && error.code === 429 && error.headers['retry-after'] === '1',
  );
  ask('modest');
  ask('greedy', 'PUT');
});
