import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { issue } from './certificate.ts';
import { loadKeyFiles } from './key-files.ts';

const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2051-02-03T04:05:06Z') };
const now = Date.parse('2026-06-01T00:00:00Z');

it('a certificate says what was asked for and is signed by its authority', () => {
  const authority = issue({ subject: { commonName: 'test authority' }, usage: 'authority', ...dates });
  const ca = new X509Certificate(authority.certificate);
  assert.equal(ca.ca, true);
  assert.ok(ca.verify(ca.publicKey));
  const names = ['localhost', 'kubernetes.default.svc', '127.0.0.1', '::1', '2001:db8::12:ff'];
  const subject = { commonName: 'Zoë, "x"', organizations: ['system:masters', 'b+c'] };
  const { certificate, key } = issue({ subject, usage: 'server', alternativeNames: names, ...dates }, authority);
  const leaf = new X509Certificate(certificate);
  assert.equal(leaf.ca, false);
  assert.ok(leaf.checkIssued(ca));
  assert.ok(leaf.verify(ca.publicKey));
  assert.ok(leaf.checkPrivateKey(createPrivateKey(key)));
  assert.equal(leaf.validToDate.toISOString(), '2051-02-03T04:05:06.000Z');
  assert.equal(leaf.checkHost('localhost'), 'localhost');
  assert.equal(leaf.checkIP('127.0.0.1'), '127.0.0.1');
  assert.equal(leaf.checkIP('2001:db8::12:ff'), '2001:db8::12:ff');
  assert.equal(leaf.checkHost('example.org'), undefined);
  assert.match(leaf.subject, /O=system:masters/);
});

it('files are made once, private, and reused; what is missing or about to expire is made again', () => {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-pki-'));
  try {
    const first = loadKeyFiles(directory, ['10.0.0.1'], now);
    for (const file of readdirSync(first.directory)) {
      assert.equal(statSync(join(first.directory, file)).mode & 0o777, 0o600, file);
    }
    assert.deepEqual(loadKeyFiles(directory, ['10.0.0.1'], now), first);
    const moved = loadKeyFiles(directory, ['10.0.0.2'], now);
    assert.notEqual(moved.server.certificate, first.server.certificate);
    assert.equal(moved.admin.certificate, first.admin.certificate);
    const renewed = loadKeyFiles(directory, ['10.0.0.2'], now + 320 * 24 * 60 * 60_000);
    assert.notEqual(renewed.admin.certificate, first.admin.certificate);
    assert.equal(renewed.authority.certificate, first.authority.certificate);
    unlinkSync(join(first.directory, 'ca.crt'));
    const replaced = loadKeyFiles(directory, ['10.0.0.2'], now);
    assert.ok(
      new X509Certificate(replaced.admin.certificate).checkIssued(new X509Certificate(replaced.authority.certificate)),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});
