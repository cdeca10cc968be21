/** The examples in ordinary TypeScript in a cell, applied with kubectl, as processes and as virtual machines. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { basename, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { build } from '@diatom/seal';
import { createImageStore } from '@diatom/tender';
import { type CellRig, startCellRig } from '../cell-rig.ts';
import { needsHvt } from '../hvt.ts';
import { kubectl, needsKubectl } from '../kubectl.ts';
import { checkout } from '../tools/npm.ts';
import { type Ask, cellExamples } from './services.ts';

const examples = join(checkout, 'examples');

let rig: CellRig | undefined;

before(async () => {
  if (needsKubectl.skip !== false) return;
  rig = await startCellRig([]);
  const store = createImageStore(join(rig.directory, 'images'));
  const put = async (name: string, file: string): Promise<void> => {
    const { manifest, layers } = await build({ file });
    assert.equal(manifest.name, name);
    await store.put(name, manifest, layers);
  };
  for (const { name, file } of cellExamples) await put(name, join(examples, file));
  await put('mirror', join(import.meta.dirname, 'mirror/mirror.ts'));
  // The proxy before it: another name, another upstream.
  const copy = join(rig.directory, 'relay');
  await cp(join(examples, 'proxy'), copy, { recursive: true });
  const connect = ['mirror:8080', 'mirror-hvt:8080'];
  const project = JSON.parse(await readFile(join(copy, 'diatom.json'), 'utf8'));
  await writeFile(join(copy, 'diatom.json'), JSON.stringify({ ...project, name: 'relay', connect }));
  await put('relay', join(copy, 'proxy.ts'));
});

/** The objects of an example, for an image of this test. */
async function objectsLike(manifests: string, names: readonly (readonly [was: string, is: string])[]): Promise<string> {
  assert.ok(rig !== undefined);
  const text = await readFile(join(examples, manifests), 'utf8');
  const file = join(rig.directory, `${names.map(([, is]) => is).join('-')}-${basename(manifests)}`);
  await writeFile(
    file,
    names.reduce((all, [was, is]) => all.replaceAll(was, is), text),
  );
  return file;
}

after(async () => {
  await rig?.[Symbol.asyncDispose]();
});

async function run(words: readonly string[]): Promise<string> {
  assert.ok(rig !== undefined, 'the cell has been started');
  const options = {
    kubeconfig: rig.cell.kubeconfigPath,
    home: join(rig.directory, 'home'),
    timeoutMs: 60_000,
  };
  const { code, stdout, stderr } = await kubectl(words, options);
  assert.equal(code, 0, `kubectl ${words.join(' ')}: ${stderr}\n${rig.lines.slice(-20).join('\n')}`);
  return stdout;
}

/** Requests on connections of their own, so that the pods sleep when they are over. */
const askAt =
  (host: string): Ask =>
  async (path, init = {}) => {
    const asked = new Request(`http://${host}:8080${path}`, init);
    const body = Buffer.from(await asked.arrayBuffer());
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const sent = request(
      asked.url,
      { method: asked.method, headers: Object.fromEntries(asked.headers), agent: false },
      (answer) => {
        buffer(answer).then((bytes) => {
          const status = answer.statusCode ?? 0;
          const headers = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, `${value}`]);
          resolve(new Response(status === 204 ? null : new Uint8Array(bytes), { status, headers }));
        }, reject);
      },
    );
    sent.once('error', reject);
    sent.end(body);
    return promise;
  };

for (const target of ['process', 'hvt'] as const) {
  const needs = target === 'hvt' && needsHvt.skip !== false ? needsHvt : needsKubectl;
  test(`the examples in TypeScript answer in a cell, from sleep: ${target}`, needs, async () => {
    const files = cellExamples.flatMap(({ manifests }) => ['-f', join(examples, manifests[target])]);
    await run(['apply', ...files]);
    for (const { name, check } of cellExamples) {
      const object = target === 'hvt' ? `${name}-hvt` : name;
      await run(['rollout', 'status', `deployment/${object}`, '--timeout=40s']);
      assert.match(await run(['get', 'pods', '-l', `app=${object}`]), /\s1\/1\s+Asleep\s+0\s/);
      const address = await run(['get', 'service', object, '-o', 'jsonpath={.spec.clusterIP}']);
      await check(askAt(address));
    }
    await run(['delete', ...files, '--wait=false']);
  });
}

for (const target of ['process', 'hvt'] as const) {
  const needs = target === 'hvt' && needsHvt.skip !== false ? needsHvt : needsKubectl;
  test(`50 MB pass through the proxy in a cell, up, and down to a slow reader: ${target}`, needs, async () => {
    const suffix = target === 'hvt' ? '-hvt' : '';
    const files = [
      await objectsLike(`fetch/fetch${suffix}.yaml`, [['fetch', 'mirror']]),
      await objectsLike(`proxy/proxy${suffix}.yaml`, [
        ['proxy', 'relay'],
        ['books', 'mirror'],
      ]),
    ].flatMap((file) => ['-f', file]);
    await run(['apply', ...files]);
    for (const name of ['mirror', 'relay']) {
      await run(['rollout', 'status', `deployment/${name}${suffix}`, '--timeout=40s']);
    }
    const host = await run(['get', 'service', `relay${suffix}`, '-o', 'jsonpath={.spec.clusterIP}']);
    const sizeBytes = 50_000_000;
    const ask = (path: string, method: string) =>
      request(`http://${host}:8080${path}`, { method, agent: false, headers: { connection: 'close' } });
    const up = ask('/length', 'POST');
    up.end(Buffer.alloc(sizeBytes));
    const [counted] = (await once(up, 'response')) as [IncomingMessage];
    assert.equal(`${await buffer(counted)}`, `${sizeBytes}`);
    const [sent] = (await once(ask(`/long?bytes=${sizeBytes}`, 'GET').end(), 'response')) as [IncomingMessage];
    let receivedBytes = 0;
    let isSlow = true;
    for await (const chunk of sent) {
      receivedBytes += chunk.length;
      // Behind from the start, and then as fast as can be.
      if (isSlow) await new Promise((resolve) => setTimeout(resolve, 20));
      isSlow &&= receivedBytes < 2_000_000;
    }
    assert.equal(receivedBytes, sizeBytes);
    await run(['delete', ...files, '--wait=false']);
  });
}
