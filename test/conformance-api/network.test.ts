/** What the upstream conformance tests of sig-network ask of the API alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { supportsOperations } from './operations.ts';
import { at, itemsOf, nameOf, namesOf, suite } from './rig.ts';

const { api } = suite();

const servicesIn = (namespace: string): string => `/api/v1/namespaces/${namespace}/services`;
const ports = [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 80 }];

test('Services should be able to change the type from ExternalName to ClusterIP', async () => {
  const path = servicesIn(await api.namespace());
  await api.create(path, { metadata: { name: 's' }, spec: { type: 'ExternalName', externalName: 'foo.example.com' } });
  const changed = await api.change(`${path}/s`, (seen) => {
    seen.spec = { type: 'ClusterIP', ports };
  });
  assert.deepEqual([at(changed, 'spec.type'), at(changed, 'spec.externalName')], ['ClusterIP', undefined]);
});

test('Services should be able to change the type from ExternalName to NodePort', async () => {
  const path = servicesIn(await api.namespace());
  await api.create(path, { metadata: { name: 's' }, spec: { type: 'ExternalName', externalName: 'foo.example.com' } });
  const changed = await api.change(`${path}/s`, (seen) => {
    seen.spec = { type: 'NodePort', ports };
  });
  assert.equal(at(changed, 'spec.type'), 'NodePort');
});

test('Services should be able to change the type from ClusterIP to ExternalName', async () => {
  const path = servicesIn(await api.namespace());
  await api.create(path, { metadata: { name: 's' }, spec: { type: 'ClusterIP', ports } });
  const changed = await api.change(`${path}/s`, (seen) => {
    seen.spec = { type: 'ExternalName', externalName: 'foo.example.com' };
  });
  assert.deepEqual([at(changed, 'spec.type'), at(changed, 'spec.clusterIP')], ['ExternalName', undefined]);
});

test('Services should be able to change the type from NodePort to ExternalName', async () => {
  const path = servicesIn(await api.namespace());
  await api.create(path, { metadata: { name: 's' }, spec: { type: 'NodePort', ports } });
  const changed = await api.change(`${path}/s`, (seen) => {
    seen.spec = { type: 'ExternalName', externalName: 'foo.example.com' };
  });
  assert.deepEqual([at(changed, 'spec.type'), at(changed, 'spec.clusterIP')], ['ExternalName', undefined]);
});

test('Services should complete a service status lifecycle', async () => {
  const namespace = await api.namespace();
  const path = servicesIn(namespace);
  const watch = await api.watch(`${path}?labelSelector=test-service-static%3Dtrue`);
  await api.create(path, {
    metadata: { name: 'test-service', labels: { 'test-service-static': 'true' } },
    spec: { type: 'LoadBalancer', ports },
  });
  await watch.until('ADDED');
  assert.deepEqual(namesOf(await api.get('/api/v1/services?labelSelector=test-service-static%3Dtrue')), [
    'test-service',
  ]);
  assert.equal(nameOf(await api.get(`${path}/test-service/status`)), 'test-service');
  const ingress = [{ ip: '203.0.113.1' }];
  const patched = await api.patch(`${path}/test-service/status`, {
    metadata: { annotations: { patchedstatus: 'true' } },
    status: { loadBalancer: { ingress } },
  });
  assert.equal(at(patched, 'status.loadBalancer.ingress.0.ip'), '203.0.113.1');
  await watch.until('MODIFIED', (seen) => at(seen, 'metadata.annotations.patchedstatus') === 'true');
  const condition = {
    type: 'StatusUpdate',
    status: 'True',
    reason: 'E2E',
    message: 'Set from e2e test',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  };
  const updated = await api.change(`${path}/test-service/status`, (seen) => {
    seen.status = { ...(seen.status as object), conditions: [condition] };
  });
  assert.equal(at(updated, 'status.conditions.0.type'), 'StatusUpdate');
  await watch.until('MODIFIED', (seen) => at(seen, 'status.conditions.0.type') === 'StatusUpdate');
  await api.patch(`${path}/test-service`, { metadata: { labels: { 'test-service': 'patched' } } }, 'strategic');
  await watch.until('MODIFIED', (seen) => at(seen, 'metadata.labels.test-service') === 'patched');
  await api.delete(`${path}/test-service`);
  await watch.until('DELETED');
  await watch.close();
});

test('Services should delete a collection of services', async () => {
  const path = servicesIn(await api.namespace());
  const service = (name: string, label: string) => ({
    metadata: { name, labels: { 'e2e-test-service': label } },
    spec: { type: 'ClusterIP', ports },
  });
  for (const name of ['e2e-svc-a', 'e2e-svc-b']) await api.create(path, service(name, 'delete'));
  await api.create(path, service('e2e-svc-c', 'keep'));
  await api.delete(`${path}?labelSelector=e2e-test-service%3Ddelete`);
  assert.deepEqual(namesOf(await api.get(path)), ['e2e-svc-c']);
});

test('Services should test the lifecycle of an Endpoint', async () => {
  const namespace = await api.namespace();
  const path = `/api/v1/namespaces/${namespace}/endpoints`;
  const selector = 'labelSelector=test-endpoint-static%3Dtrue';
  const watch = await api.watch(`${path}?${selector}`);
  await api.create(path, {
    metadata: { name: 'testservice', labels: { 'test-endpoint-static': 'true' } },
    subsets: [{ addresses: [{ ip: '10.0.0.24' }], ports: [{ name: 'http', port: 80, protocol: 'TCP' }] }],
  });
  await watch.until('ADDED');
  assert.equal(itemsOf(await api.get(`/api/v1/endpoints?${selector}`)).length, 1);
  await api.change(`${path}/testservice`, (seen) => {
    (seen.metadata as { labels: Record<string, string> }).labels['test-service'] = 'updated';
  });
  assert.equal(at(await watch.until('MODIFIED'), 'metadata.labels.test-service'), 'updated');
  const patched = await api.patch(
    `${path}/testservice`,
    {
      metadata: { labels: { 'test-service': 'patched' } },
      subsets: [{ addresses: [{ ip: '10.0.0.25' }], ports: [{ name: 'http-test', port: 8080, protocol: 'TCP' }] }],
    },
    'strategic',
  );
  assert.equal(at(patched, 'subsets.0.addresses.0.ip'), '10.0.0.25');
  await watch.until('MODIFIED');
  await api.delete(`${path}?${selector}`);
  await watch.until('DELETED');
  await watch.close();
  await api.gone(`${path}/testservice`);
});

test('EndpointSlice should support creating EndpointSlice API operations', async () =>
  supportsOperations(api, {
    root: '/apis/discovery.k8s.io/v1',
    resource: 'endpointslices',
    kind: 'EndpointSlice',
    namespace: await api.namespace(),
    object: () => ({
      addressType: 'IPv4',
      ports: [{ name: 'port80', port: 80, protocol: 'TCP' }],
      endpoints: [{ addresses: ['1.2.3.4'], conditions: { ready: true } }],
    }),
  }));

test('Ingress API should support creating Ingress API operations', async () =>
  supportsOperations(api, {
    root: '/apis/networking.k8s.io/v1',
    resource: 'ingresses',
    kind: 'Ingress',
    namespace: await api.namespace(),
    object: () => ({
      spec: {
        defaultBackend: { service: { name: 'default-backend', port: { name: '', number: 8080 } } },
        rules: [
          {
            host: 'foo.bar.com',
            http: {
              paths: [
                {
                  path: '/',
                  pathType: 'ImplementationSpecific',
                  backend: { service: { name: 'test-backend', port: { number: 8080 } } },
                },
              ],
            },
          },
        ],
      },
    }),
    change: { spec: { ingressClassName: 'other' } },
    status: { loadBalancer: { ingress: [{ ip: '169.1.1.1' }] } },
  }));

test('IngressClass API should support creating IngressClass API operations', () =>
  supportsOperations(api, {
    root: '/apis/networking.k8s.io/v1',
    resource: 'ingressclasses',
    kind: 'IngressClass',
    object: () => ({ spec: { controller: 'example.com/controller' } }),
  }));

// ---- behaviours of newer releases' lists ------------------------------------------------------------------------------

test('ServiceCIDR and IPAddress API should support ServiceCIDR API operations', () =>
  supportsOperations(api, {
    root: '/apis/networking.k8s.io/v1',
    resource: 'servicecidrs',
    kind: 'ServiceCIDR',
    object: (name) => ({ spec: { cidrs: [`10.${100 + name.charCodeAt(name.length - 1)}.0.0/24`] } }),
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'E2E',
          message: 'by a test',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
  }));

test('ServiceCIDR and IPAddress API should support IPAddress API operations', async () => {
  const path = '/apis/networking.k8s.io/v1/ipaddresses';
  const parentRef = { group: '', resource: 'services', namespace: 'default', name: 'kubernetes' };
  const address = (name: string) => ({ metadata: { name, labels: { 'special-label': 'e2e' } }, spec: { parentRef } });
  for (const name of ['192.168.7.1', '192.168.7.2']) await api.create(path, address(name));
  await api.refused(422, 'POST', path, address('not-an-address'));
  assert.deepEqual(namesOf(await api.get(`${path}?labelSelector=special-label%3De2e`)), ['192.168.7.1', '192.168.7.2']);
  await api.patch(`${path}/192.168.7.1`, { metadata: { annotations: { patched: 'true' } } });
  await api.delete(`${path}/192.168.7.1`);
  await api.delete(`${path}?labelSelector=special-label%3De2e`);
  assert.deepEqual(namesOf(await api.get(`${path}?labelSelector=special-label%3De2e`)), []);
});
