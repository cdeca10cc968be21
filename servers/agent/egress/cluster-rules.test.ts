import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod, Service } from '@diatom/sdk';
import { clusterRules } from './cluster-rules.ts';

const service = (namespace: string, name: string, spec: object): Service =>
  ({ apiVersion: 'v1', kind: 'Service', metadata: { namespace, name }, spec }) as unknown as Service;
const pod = (namespace: string, name: string, podIP: string, labels: Record<string, string>): Pod =>
  ({ metadata: { namespace, name, labels }, spec: { containers: [] }, status: { podIP } }) as unknown as Pod;

const services = [
  service('shop', 'db', { clusterIP: '127.20.128.1', selector: { app: 'db' } }),
  service('other', 'db', { clusterIP: '127.20.128.2' }),
  service('shop', 'crowd', { clusterIP: 'None', selector: { app: 'db' } }),
  service('shop', 'lonely', { clusterIP: 'None', selector: { app: 'nobody' } }),
  service('shop', 'forged', { clusterIP: '127.0.0.1' }),
  service('shop', 'away', { type: 'ExternalName', externalName: 'example.com' }),
];
const pods = [
  pod('shop', 'db-0', '127.20.0.1', { app: 'db' }),
  pod('shop', 'db-1', '127.20.0.2', { app: 'db' }),
  pod('other', 'db-0', '127.20.0.3', { app: 'db' }),
  pod('other', 'forged', '127.0.0.53', {}),
];
const { addressesOf, refusalOf } = clusterRules({
  range: 20,
  service: (namespace, name) =>
    services.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name),
  services: () => services,
  pods: () => pods,
});

const names: readonly (readonly [string, readonly string[] | RegExp | undefined])[] = [
  ['db', ['127.20.128.1']],
  ['db.shop', ['127.20.128.1']],
  ['db.other', ['127.20.128.2']],
  ['db.other.svc', ['127.20.128.2']],
  ['db.other.svc.cluster.local', ['127.20.128.2']],
  ['crowd', ['127.20.0.1', '127.20.0.2']],
  ['lonely', /no pod/],
  ['away', /external name/],
  ['none.shop.svc', /no Service none in the namespace shop/],
  ['none.shop.svc.cluster.local', /no Service none/],
  ['none', undefined],
  ['example.com', undefined],
  ['a.b.example.com', undefined],
  ['db.shop.cluster.local', undefined],
  ['localhost', undefined],
];

for (const [host, expected] of names) {
  test(`the name ${host}, from the namespace shop`, () => {
    const found = addressesOf(host, 'shop');
    if (expected instanceof RegExp) assert.match(found instanceof Error ? found.message : '', expected);
    else assert.deepEqual(found, expected);
  });
}

test('addresses of this machine are reached where they are a Service or a pod', () => {
  for (const address of ['127.20.128.1', '127.20.0.3', '1.1.1.1', '10.0.0.1'])
    assert.equal(refusalOf(address), undefined, address);
  for (const address of [
    '127.0.0.1',
    '127.0.0.53',
    '127.20.128.9',
    '127.20.0.9',
    '::1',
    '::ffff:127.20.0.1',
    '169.254.169.254',
    '0.0.0.0',
  ]) {
    assert.match(refusalOf(address) ?? '', /no pod is connected to/, address);
  }
});
