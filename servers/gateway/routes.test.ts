import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Service } from '@diatom/sdk';
import { routesOf } from './routes.ts';

const service = (spec: NonNullable<Service['spec']>): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'hello', namespace: 'default' },
  spec,
});

const slice = (endpoints: EndpointSlice['endpoints'], ports: NonNullable<EndpointSlice['ports']>): EndpointSlice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'hello-1', namespace: 'default' },
  addressType: 'IPv4',
  endpoints,
  ports,
});

const ready = (address: string) => ({
  addresses: [address],
  conditions: { ready: true },
  targetRef: { kind: 'Pod', namespace: 'default', name: `pod-${address}` },
});

test('each port of a Service leads to the ready endpoints of the slice port with its name', () => {
  const routes = routesOf(
    service({
      clusterIP: '127.20.128.2',
      ports: [
        { name: 'web', port: 80 },
        { name: 'admin', port: 81 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    }),
    [
      slice(
        [
          ready('127.20.0.16'),
          { addresses: ['127.20.0.17'], conditions: { ready: false } },
          { addresses: ['127.20.0.18'] },
        ],
        [{ name: 'web', port: 8080 }],
      ),
      slice([ready('127.20.0.16')], [{ name: 'web', port: 8080 }]),
    ],
  );
  assert.deepEqual(
    routes.map(({ key, targets }) => [key, targets.map(({ address, port, pod }) => `${address}:${port} ${pod}`)]),
    [
      ['127.20.128.2:80', ['127.20.0.16:8080 default/pod-127.20.0.16', '127.20.0.18:8080 undefined']],
      ['127.20.128.2:81', []],
    ],
  );
});

test('headless Services and mere names are not listened on; node ports are', () => {
  assert.deepEqual(routesOf(service({ clusterIP: 'None', ports: [{ port: 80 }] }), []), []);
  assert.deepEqual(
    routesOf(service({ type: 'ExternalName', externalName: 'example.org', ports: [{ port: 80 }] }), []),
    [],
  );
  const routes = routesOf(
    service({ type: 'NodePort', clusterIP: '127.20.128.2', ports: [{ port: 80, nodePort: 30_001 }] }),
    [],
  );
  assert.deepEqual(
    routes.map(({ key }) => key),
    ['127.20.128.2:80', '127.0.0.1:30001'],
  );
});
