import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createKernel } from '../create-kernel.ts';
import { loadPolicy } from './audit-log.ts';

function inDirectory(): { readonly directory: string } & Disposable {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-audit-'));
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
}

test('a kernel with an audit log has every request in the file when it is closed', async () => {
  using place = inDirectory();
  const { directory } = place;
  const [policyPath, logPath] = [join(directory, 'policy.yaml'), join(directory, 'audit.log')];
  writeFileSync(
    policyPath,
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n',
  );
  const kernel = await createKernel({
    dataDirectory: join(directory, 'data'),
    listen: { host: '127.0.0.1', port: 0 },
    audit: { logPath, policyPath },
  });
  const pki = (name: string): Buffer => readFileSync(join(directory, 'data', 'pki', name));
  const credentials = { ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') };
  await new Promise<void>((resolve, reject) => {
    const url = `${kernel.address?.url}/api/v1/namespaces/default`;
    request(url, credentials, (answer) => answer.resume().once('end', resolve))
      .once('error', reject)
      .end();
  });
  await kernel.close();
  const lines = readFileSync(logPath, 'utf8').trimEnd().split('\n');
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.equal(events.length, 1);
  assert.deepEqual(events[0]?.sourceIPs, ['127.0.0.1']);
  assert.deepEqual(events[0]?.objectRef, { resource: 'namespaces', name: 'default', apiVersion: 'v1' });
  assert.equal(statSync(logPath).mode & 0o777, 0o600);
});

test('a policy that cannot be used is named, with what is wrong', async () => {
  using place = inDirectory();
  const path = join(place.directory, 'policy.yaml');
  writeFileSync(path, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Everything}]\n');
  await assert.rejects(loadPolicy(path), /audit policy .*policy\.yaml: rules\[0\]\.level: it is Everything/);
  await assert.rejects(loadPolicy(join(place.directory, 'missing')), /audit policy .*missing: ENOENT/);
});

test('a kernel that cannot write the log it is to write does not start', async () => {
  using place = inDirectory();
  const { directory } = place;
  const policyPath = join(directory, 'policy.yaml');
  writeFileSync(policyPath, 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: Metadata}]\n');
  const logPath = join(directory, 'nowhere', 'audit.log');
  const dataDirectory = join(directory, 'data');
  await assert.rejects(createKernel({ dataDirectory, audit: { logPath, policyPath } }), {
    message: `audit log ${logPath} cannot be written: ENOENT: no such file or directory, open '${logPath}'`,
  });
});
