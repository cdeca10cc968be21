import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Probe } from '@diatom/sdk';
import { attempt } from './attempt.ts';

const container: Container = { name: 'web' };

const unusable: Readonly<Record<string, Probe>> = {
  'a host with a blank': { httpGet: { port: 80, host: 'a b' } },
  'a host that opens a bracket': { httpGet: { port: 80, host: '[' } },
  'a port beyond 65535': { tcpSocket: { port: 99_999 } },
  'a negative port': { tcpSocket: { port: -1 } },
  'a header name with a blank': { httpGet: { port: 80, httpHeaders: [{ name: 'a b', value: 'x' }] } },
  'a header value with a line break': { httpGet: { port: 80, httpHeaders: [{ name: 'a', value: 'x\r\ny: z' }] } },
};

for (const [name, probe] of Object.entries(unusable)) {
  test(`a probe with ${name} fails, and nothing is thrown`, async () => {
    const outcome = await attempt(probe, container, '127.0.0.9');
    assert.equal(outcome.result, 'failure');
  });
}

test('a timeout longer than any timer is cut short', async () => {
  const probe: Probe = { tcpSocket: { port: 1 }, timeoutSeconds: 1e12 };
  const outcome = await attempt(probe, container, '127.0.0.1');
  assert.match(outcome.result === 'failure' ? outcome.why : '', /ECONNREFUSED/);
});

test('an IPv6 address is asked like any other host', async () => {
  const outcome = await attempt({ httpGet: { port: 1, host: '::1' } }, container, '127.0.0.9');
  assert.match(
    outcome.result === 'failure' ? outcome.why : '',
    /Get "http:\/\/\[::1\]:1\/".*(ECONNREFUSED|EADDRNOTAVAIL)/,
  );
});
