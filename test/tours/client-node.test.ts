/** Informers of the official JavaScript client: they see everything once and in order. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
} from '@kubernetes/client-node';
import { startKernel } from '../kernel.ts';

test('an informer of @kubernetes/client-node follows creates, updates and deletes under churn', async () => {
  await using cell = await startKernel();
  const config = new KubeConfig();
  config.loadFromFile(cell.kernel.kubeconfigPath);
  const api = config.makeApiClient(CoreV1Api);
  const list = () => api.listNamespacedConfigMap({ namespace: 'default' });
  const informer = makeInformer<V1ConfigMap>(config, '/api/v1/namespaces/default/configmaps', list);
  const seen = new Map<string, string[]>();
  const changes = new EventTarget();
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, (object) => {
      const name = object.metadata?.name ?? '';
      seen.set(name, [...(seen.get(name) ?? []), `${verb} ${object.data?.round ?? ''}`.trim()]);
      changes.dispatchEvent(new Event('change'));
    });
  }
  const names = Array.from({ length: 20 }, (_, index) => `c${index}`);
  const create = (name: string) =>
    api.createNamespacedConfigMap({ namespace: 'default', body: { metadata: { name }, data: { round: '0' } } });
  await create('before');
  await informer.start();
  try {
    const churn = async (name: string): Promise<void> => {
      await create(name);
      for (const round of ['1', '2']) {
        await api.patchNamespacedConfigMap(
          { namespace: 'default', name, body: { data: { round } } },
          setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
        );
      }
      await api.deleteNamespacedConfigMap({ namespace: 'default', name });
    };
    await Promise.all(names.map(churn));
    const isComplete = () => names.every((name) => seen.get(name)?.at(-1)?.startsWith('delete') === true);
    while (!isComplete()) await once(changes, 'change', { signal: AbortSignal.timeout(20_000) });
    assert.deepEqual(seen.get('before'), ['add 0']);
    for (const name of names) assert.deepEqual(seen.get(name), ['add 0', 'update 1', 'update 2', 'delete 2'], name);
    assert.deepEqual(
      informer.list().map((object) => object.metadata?.name),
      ['before'],
    );
  } finally {
    await informer.stop();
  }
});
