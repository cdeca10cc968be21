import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { after, before, test } from 'node:test';
import { createDialer, type DialerOptions, EgressError } from './dial.ts';
import { createTurns } from './one-at-a-time.ts';

const server = createServer((socket) => socket.end('here'));
let port = 0;
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => server.close());

const signal = new AbortController().signal;

const dial = async (text: string, options: DialerOptions, connect = [text]): Promise<string> => {
  try {
    const socket = await createDialer(options)({ slot: 'one', text, connect, scope: 'shop' }, signal);
    const [data] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
    socket.destroy();
    return data;
  } catch (error) {
    return error instanceof EgressError ? `${error.code}: ${error.message}` : `not expected: ${String(error)}`;
  }
};

test('a name of the host’s own is asked of it, with the slot’s scope', async () => {
  const asked: string[] = [];
  const options: DialerOptions = {
    addressesOf: (host, scope) => {
      asked.push(`${host} ${scope}`);
      return ['127.0.0.1'];
    },
  };
  assert.equal(await dial(`backend:${port}`, options), 'here');
  assert.deepEqual(asked, ['backend shop']);
});

test('an address is checked after the name has been resolved, and only what was checked is dialed', async () => {
  let answers = 0;
  const options: DialerOptions = {
    // Whoever asked twice would be sent elsewhere.
    addressesOf: () => (answers++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']),
    refusalOf: (address) => (address === '127.0.0.2' ? 'it is forbidden' : undefined),
  };
  assert.equal(await dial(`rebinding.example:${port}`, options), 'here');
  assert.equal(answers, 1);
});

test('of several addresses the forbidden ones are left out; with no other the connection is denied', async () => {
  const refusalOf = (address: string) => (address === '127.0.0.1' ? undefined : `${address} is forbidden`);
  assert.equal(
    await dial(`some.example:${port}`, { addressesOf: () => ['169.254.169.254', '127.0.0.1'], refusalOf }),
    'here',
  );
  assert.equal(
    await dial('none.example:80', { addressesOf: () => ['169.254.169.254', '::1'], refusalOf }),
    'denied: no connection to none.example:80: 169.254.169.254 is forbidden',
  );
});

test('an address in the list itself is checked as well', async () => {
  const options = { refusalOf: (address: string) => `${address} is forbidden` };
  assert.match(await dial(`127.0.0.1:${port}`, options), /^denied: .*127\.0\.0\.1 is forbidden/);
  assert.match(await dial('[::ffff:127.0.0.1]:80', options), /^denied: .*::ffff:127\.0\.0\.1 is forbidden/);
});

test('the list is asked before any name is', async () => {
  const options: DialerOptions = {
    addressesOf: () => {
      throw new Error('nobody asks');
    },
  };
  assert.match(await dial('secret.example:80', options, ['other.example:80']), /^denied: .*manifest does not allow/);
});

test('what takes too long is refused', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const text = `tls:127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const connect = [text.slice(4)];
  assert.match(await dial(text, { timeoutMs: 50 }, connect), /^refused: .*no answer within 0\.05 s/);
  silent.close();
});

test('each owner’s work is done one after the other, that of others meanwhile', async () => {
  const takeTurn = createTurns();
  const done: string[] = [];
  const first = Promise.withResolvers<void>();
  const all = [
    takeTurn('a', () => first.promise.then(() => void done.push('a1'))),
    takeTurn('a', async () => void done.push('a2')),
    takeTurn('b', async () => void done.push('b1')),
  ];
  await all[2];
  assert.deepEqual(done, ['b1']);
  first.reject(new Error('no matter'));
  await Promise.allSettled(all);
  assert.deepEqual(done, ['b1', 'a2']);
});
