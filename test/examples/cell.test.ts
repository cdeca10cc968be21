/** The examples in ordinary TypeScript in a cell, applied with kubectl, as processes and as virtual machines. */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { build } from '@diatom/seal';
import { createImageStore } from '@diatom/tender';
import { type CellRig, startCellRig } from '../cell-rig.ts';
import { needsHvt } from '../hvt.ts';
import { kubectl, needsKubectl } from '../kubectl.ts';
import { checkout } from '../tools/npm.ts';
import { type Ask, serviceExamples } from './services.ts';

const examples = join(checkout, 'examples');

let rig: CellRig | undefined;

before(async () => {
  if (needsKubectl.skip !== false) return;
  rig = await startCellRig([]);
  const store = createImageStore(join(rig.directory, 'images'));
  for (const { name, file } of serviceExamples) {
    const { manifest, layers } = await build({ file: join(examples, file) });
    assert.equal(manifest.name, name);
    await store.put(name, manifest, layers);
  }
});

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
    const files = serviceExamples.flatMap(({ manifests }) => ['-f', join(examples, manifests[target])]);
    await run(['apply', ...files]);
    for (const { name, check } of serviceExamples) {
      const object = target === 'hvt' ? `${name}-hvt` : name;
      await run(['rollout', 'status', `deployment/${object}`, '--timeout=40s']);
      assert.match(await run(['get', 'pods', '-l', `app=${object}`]), /\s1\/1\s+Asleep\s+0\s/);
      const address = await run(['get', 'service', object, '-o', 'jsonpath={.spec.clusterIP}']);
      await check(askAt(address));
    }
    await run(['delete', ...files, '--wait=false']);
  });
}
