/** `https:` URLs: the host speaks TLS, and what has no certificate to be trusted is not spoken to. */
import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { issue } from '@diatom/kernel/certificates';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { newAuthority } from '../egress/rig.ts';
import type { Outcome } from './programs/calls/outcome.ts';
import { listening } from './upstream.ts';

const authority = newAuthority();
const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

function startSecure(...alternativeNames: readonly string[]) {
  const certificate = issue(
    { subject: { commonName: 'a test' }, usage: 'server', alternativeNames, ...validity },
    authority,
  );
  const server = createServer({ cert: certificate.certificate, key: certificate.key }, async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    response.end(`${request.method} ${request.url} ${request.headers.host} ${body}`);
  });
  return listening(server, () => server.closeAllConnections());
}

test('https: method, path, body and host come over TLS, on a connection that is kept', async () => {
  await using trusted = await startSecure('127.0.0.1');
  await using other = await startSecure('somebody.else.example');
  const directory = await mkdtemp(join(tmpdir(), 'diatom-tls-'));
  try {
    await cp(join(import.meta.dirname, 'programs/calls'), directory, { recursive: true });
    const connect = [trusted.address, other.address];
    await writeFile(join(directory, 'diatom.json'), JSON.stringify({ connect }));
    const start = startOn(nativeTarget('process', [authority.certificate]));
    await using running = await start(join(directory, 'calls.ts'));
    const ask = async (url: string, asked: object = {}): Promise<Outcome> => {
      const to = `http://127.0.0.1:${running.address.port}/outcome`;
      return (await fetch(to, { method: 'POST', body: JSON.stringify({ url, asked }) })).json();
    };
    for (let round = 0; round < 3; round++) {
      const { body, message } = await ask(`https://${trusted.address}/a?b`, { method: 'POST', body: 'grün' });
      assert.equal(body, `POST /a?b ${trusted.address} grün`, message ?? '');
    }
    assert.equal(trusted.connectionCount(), 1);
    // The other end speaks TLS, and its certificate is for somebody else.
    const { error, message } = await ask(`https://${other.address}/`);
    assert.equal(error, 'TypeError');
    assert.match(message ?? '', /certificate/);
    assert.match((await ask(`http://${trusted.address}/`)).body ?? 'HTTP request to an HTTPS server', /HTTP request/);
  } finally {
    await rm(directory, { recursive: true });
  }
});
