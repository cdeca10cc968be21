import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Client, Pod } from '@diatom/sdk';
import { FakeClock } from '@diatom/sdk/testing';
import type { StoredImage } from '@diatom/tender';
import { type Prepared, prepare, type Surroundings } from './prepare.ts';

const image: StoredImage = {
  reference: 'hello:latest',
  digest: `sha256:${'00'.repeat(32)}`,
  sizeBytes: 1,
  manifest: {
    schemaVersion: 1,
    machineVersion: 1,
    name: 'hello',
    created: '2000-01-01T00:00:00Z',
    generator: 'test',
    ports: [{ name: 'http', port: 8080 }],
    connect: [],
    memory: { initialBytes: 65_536, maximumBytes: 65_536, stackBytes: 65_536 },
    machineCalls: [],
    systemCalls: [],
    functions: [],
    layers: [{ role: 'process', digest: `sha256:${'11'.repeat(32)}`, sizeBytes: 1 }],
  },
};

const container = { name: 'web', image: 'hello' };
const pod = (idleTimeout?: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'hello',
    namespace: 'default',
    uid: 'u-1',
    ...(idleTimeout === undefined ? {} : { annotations: { 'diatom.dev/idle-timeout': idleTimeout } }),
  },
  spec: { containers: [container] },
});

async function withDirectory(
  work: (attempt: (pod: Pod, restartCount: number) => Promise<Prepared>) => Promise<void>,
): Promise<void> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'diatom-prepare-'));
  const around: Surroundings = {
    client: { clock: new FakeClock() } as unknown as Client,
    images: {
      get: async () => image,
      list: async () => [image],
      put: async () => image,
      remove: async () => false,
      blobPath: (digest) => join('/images', digest),
    },
    imageStoreDirectory: '/images',
    dataDirectory,
    runtimes: { kind: 'process', hvtProblem: undefined },
    egressPath: '/egress.sock',
    facts: { hostIP: '127.0.0.1', nodeName: 'node' },
  };
  try {
    await work((subject, restartCount) =>
      prepare(
        subject,
        container,
        { podIP: '127.20.0.9', restartCount, attempts: 0, asking: [], deadlineAt: undefined },
        around,
      ),
    );
  } finally {
    await rm(dataDirectory, { recursive: true });
  }
}

test('logs of a container that restarts for ever are kept for the last instances only', () =>
  withDirectory(async (attempt) => {
    let directory = '';
    for (let restartCount = 0; restartCount < 10; restartCount += 1) {
      const prepared = await attempt(pod(), restartCount);
      assert.equal(prepared.kind, 'slot');
      if (prepared.kind !== 'slot') return;
      directory = dirname(prepared.spec.logPath);
      // The tender rotates: an older half lies beside each log.
      await writeFile(`${prepared.spec.logPath}.1`, '');
    }
    const kept = ['7.log', '7.log.1', '8.log', '8.log.1', '9.log', '9.log.1'];
    assert.deepEqual((await readdir(directory)).sort(), kept);
  }));

test('logs are for the owner of the cell only', () =>
  withDirectory(async (attempt) => {
    const prepared = await attempt(pod(), 0);
    const path = prepared.kind === 'slot' ? prepared.spec.logPath : '';
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.equal((await stat(dirname(path))).mode & 0o777, 0o700);
  }));

test('an idle time so short that boots would follow each other without a pause is refused', () =>
  withDirectory(async (attempt) => {
    const short = await attempt(pod('1ms'), 0);
    assert.match(short.kind === 'blocked' ? short.message : '', /idle-timeout: 1ms is too short; write 100ms or more/);
    for (const fine of ['0s', '100ms', '30s']) assert.equal((await attempt(pod(fine), 0)).kind, 'slot');
  }));

test('a pod may forbid the connections its images would be allowed', () =>
  withDirectory(async (attempt) => {
    const asking = (value: string): Pod => {
      const subject = pod();
      return { ...subject, metadata: { ...subject.metadata, annotations: { 'diatom.dev/connect': value } } };
    };
    const open = await attempt(pod(), 0);
    assert.deepEqual(open.kind === 'slot' ? open.spec.egress : undefined, {
      socketPath: '/egress.sock',
      scope: 'default',
    });
    const closed = await attempt(asking('none'), 0);
    assert.equal(closed.kind === 'slot' ? closed.spec.egress : 'blocked', undefined);
    const unknown = await attempt(asking('some'), 0);
    assert.match(unknown.kind === 'blocked' ? unknown.message : '', /diatom\.dev\/connect: "some" is not known/);
  }));
