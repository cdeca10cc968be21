import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TenderError } from '../instances.ts';
import { bootCommandLine } from './command-line.ts';
import { qemuArguments } from './qemu.ts';
import type { VirtioRunOptions } from './run.ts';

test('the environment is words: what is no plain character is written as its bytes', () => {
  const environment = { A: '1', B: 'x y%\n', C_2: 'ä', EMPTY: '', 'D.e-f': 'a=b,c' };
  assert.equal(
    bootCommandLine({ environment, idleTimeoutMs: 0 }),
    'env.A=1 env.B=x%20y%25%0A env.C_2=%C3%A4 env.EMPTY= env.D.e-f=a=b,c',
  );
  assert.equal(bootCommandLine({ environment: {}, idleTimeoutMs: 1.5 }), 'idle_ns=2000000');
  assert.equal(bootCommandLine({ environment: {}, idleTimeoutMs: 0 }), '');
});

test('a name that is no word, and more than there is room for, are refused', () => {
  for (const name of ['', 'A B', 'A=B', '1A', 'ä', '%']) {
    assert.throws(() => bootCommandLine({ environment: { [name]: '' }, idleTimeoutMs: 0 }), TenderError, name);
  }
  const fits = { A: 'x'.repeat(3066) };
  assert.equal(bootCommandLine({ environment: fits, idleTimeoutMs: 0 }).length, 3072);
  assert.throws(() => bootCommandLine({ environment: { A: `${fits.A}x` }, idleTimeoutMs: 0 }), /takes 3073 bytes/);
});

const options: VirtioRunOptions = {
  ...{ imageName: 'test', imagePath: '/images/a', memoryBytes: 10_000_001, accelerator: 'kvm' },
  ...{ environment: {}, idleTimeoutMs: 0, timeLimitMs: 0, onConsole: () => {} },
};

test('QEMU gets the devices that are asked for and no others', () => {
  const files = { statusPath: '/tmp/a,b/status', commandLine: '' };
  const plain = qemuArguments(options, files);
  assert.equal(plain[plain.indexOf('-m') + 1], '10M');
  assert.ok(plain.includes('file,id=status,path=/tmp/a,,b/status'));
  assert.ok(!plain.some((word) => /virtio-(net|blk)|^-append$/.test(word)));
  const network = { backend: 'user', mac: '02:00:00:00:00:01' };
  const block = { path: '/disk,1', isReadOnly: true };
  const full = qemuArguments({ ...options, network, block }, { ...files, commandLine: 'env.A=1' });
  assert.ok(full.includes('user,id=network'));
  assert.ok(full.includes('virtio-net-device,netdev=network,mac=02:00:00:00:00:01'));
  assert.ok(full.includes('id=disk,if=none,format=raw,file=/disk,,1,readonly=on'));
  assert.deepEqual(full.slice(-4), ['-kernel', '/images/a', '-append', 'env.A=1']);
});
