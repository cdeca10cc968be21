import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadKubeconfig } from './kubeconfig.ts';

function withFolder(run: (folder: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'diatom-kubeconfig-'));
  try {
    run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

test('credentials come from data, from files beside the kubeconfig, and from token files read anew each time', () =>
  withFolder((folder) => {
    const path = join(folder, 'config');
    writeFileSync(join(folder, 'me.crt'), 'certificate');
    writeFileSync(join(folder, 'token'), 'first\n');
    writeFileSync(
      path,
      `current-context: a
contexts:
- {"name": "a", "context": {"cluster": "c", "user": "u", "namespace": "team"}}
- name: b
  context:
    cluster: c
    user: v
clusters:
- name: c
  cluster:
    server: https://example.com:6443
    certificate-authority-data: ${base64('authority')}
users:
- name: u
  user:
    client-certificate: me.crt
    client-key-data: ${base64('key')}
- name: v
  user:
    tokenFile: token
`,
    );
    const { namespace, options } = loadKubeconfig(path);
    assert.equal(namespace, 'team');
    assert.deepEqual(
      [options.server, options.certificateAuthority, options.clientCertificate, options.clientKey],
      ['https://example.com:6443', 'authority', 'certificate', 'key'],
    );
    const other = loadKubeconfig(path, 'b');
    assert.equal(other.namespace, 'default');
    const token = other.options.token;
    assert.ok(typeof token === 'function');
    assert.equal(token(), 'first');
    writeFileSync(join(folder, 'token'), 'second\n');
    assert.equal(token(), 'second');
  }));

for (const [name, text, expected] of [
  ['no context', 'clusters: []', /config: it has no current-context/],
  ['a context that is not there', 'current-context: x', /config: it has no context "x"/],
  ['no YAML', '{', /kubeconfig .*config: /],
] as const) {
  test(`a kubeconfig with ${name} is refused by name`, () =>
    withFolder((folder) => {
      writeFileSync(join(folder, 'config'), text);
      assert.throws(() => loadKubeconfig(join(folder, 'config')), expected);
    }));
}
