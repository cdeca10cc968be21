/** The agent's log endpoint and the kernel that renews its certificate. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { createKernel } from '@diatom/kernel';
import { startLogServer } from '@diatom/servers/agent/log/log-server.ts';

test('the log endpoint shows the renewed certificate to the next connection, and survives a damaged one', async (context) => {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-agent-'));
  context.after(() => rmSync(directory, { recursive: true }));
  const startKernel = async () => {
    const kernel = await createKernel({ dataDirectory: directory, log: () => {} });
    await kernel.close();
    return kernel.agentCredentials;
  };
  const tls = await startKernel();
  const read = (path: string): string => readFileSync(path, 'utf8');
  const first = read(tls.certificatePath);
  const client = {
    cert: read(join(directory, 'pki', 'kubelet-client.crt')),
    key: read(join(directory, 'pki', 'kubelet-client.key')),
    ca: read(tls.clientAuthorityPath),
  };
  const server = await startLogServer({ tls, host: '127.0.0.1', pods: () => [], find: () => 'none' });
  context.after(() => server.close());
  const shown = async (): Promise<string> => {
    const socket = connect({ port: server.port, host: '127.0.0.1', ...client });
    await once(socket, 'secureConnect');
    const { fingerprint256 } = socket.getPeerCertificate();
    socket.destroy();
    return fingerprint256;
  };
  const printOf = (certificate: string): string => new X509Certificate(certificate).fingerprint256;

  assert.equal(await shown(), printOf(first));
  unlinkSync(tls.keyPath);
  await startKernel();
  const second = read(tls.certificatePath);
  assert.notEqual(second, first);
  assert.equal(await shown(), printOf(second));
  // A certificate that does not fit the key beside it.
  writeFileSync(tls.certificatePath, first);
  assert.equal(await shown(), printOf(second));
});
