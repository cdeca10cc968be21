/** What a kernel that listens says of itself in its own API. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, startKernel } from './kernel.ts';

interface Listed {
  readonly items: readonly { readonly endpoints: readonly { readonly addresses: readonly string[] }[] }[];
}

test('EndpointSlice should have Endpoints and EndpointSlices pointing to API Server', async () => {
  await using cell = await startKernel();
  const api = cell.port();
  const { host, port } = cell.kernel.address ?? { host: '', port: 0 };
  const service = await call<{ spec: object }>(api, 'GET', '/api/v1/namespaces/default/services/kubernetes');
  assert.equal(service.status, 200);
  const endpoints = await call<{ subsets: object[] }>(api, 'GET', '/api/v1/namespaces/default/endpoints/kubernetes');
  assert.deepEqual(endpoints.body.subsets, [
    { addresses: [{ ip: host }], ports: [{ name: 'https', port, protocol: 'TCP' }] },
  ]);
  const selector = 'labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes';
  const slices = `/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?${selector}`;
  const { items } = (await call<Listed>(api, 'GET', slices)).body as unknown as Listed;
  assert.deepEqual(
    items.flatMap((slice) => slice.endpoints.flatMap(({ addresses }) => addresses)),
    [host],
  );
});
