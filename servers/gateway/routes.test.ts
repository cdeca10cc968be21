import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice, Service } from '@diatom/sdk';
import { routesOf } from './routes.ts';
import { firstNodePort, lastNodePort, ServiceAddresses } from './service-addresses.ts';

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

test('a Service gets an address and node ports once, keeps them, and gives them back', () => {
  const addresses = new ServiceAddresses(20);
  const wanted = service({ type: 'NodePort', ports: [{ port: 80 }, { port: 81, nodePort: 30_005 }] });
  assert.deepEqual(addresses.claim('default/hello', wanted), { kind: 'none' });
  assert.deepEqual(
    addresses.missing('default/hello', wanted, () => 30_000),
    {
      clusterIP: '127.20.128.2',
      clusterIPs: ['127.20.128.2'],
      ipFamilies: ['IPv4'],
      ipFamilyPolicy: 'SingleStack',
      ports: [
        { port: 80, nodePort: 30_000 },
        { port: 81, nodePort: 30_005 },
      ],
    },
  );
  const held = service({ type: 'NodePort', clusterIP: '127.20.128.2', ports: [{ port: 80, nodePort: 30_000 }] });
  assert.deepEqual(addresses.claim('default/hello', held), { kind: 'held' });
  assert.equal(
    addresses.missing('default/hello', held, () => 30_001),
    undefined,
  );
  assert.deepEqual(addresses.claim('default/other', held), {
    kind: 'refused',
    message: 'clusterIP 127.20.128.2 is already allocated to default/hello',
  });
  assert.deepEqual([...addresses.freeNodePorts(0)].slice(0, 2), [30_001, 30_002]);
  addresses.release('default/hello');
  assert.deepEqual(addresses.claim('default/other', held), { kind: 'held' });
});

test('an address outside the range is refused in words, the API keeps its own', () => {
  const addresses = new ServiceAddresses(20);
  const claim = (key: string, clusterIP: string) => addresses.claim(key, service({ clusterIP, ports: [] }));
  assert.equal(claim('default/hello', '10.0.0.1').kind, 'refused');
  assert.equal(claim('default/hello', '127.20.128.1').kind, 'refused');
  assert.equal(claim('default/kubernetes', '127.20.128.1').kind, 'held');
  const full = addresses.missing('default/kubernetes', service({ ports: [] }), () => undefined);
  assert.equal(full?.clusterIP, '127.20.128.1');
  assert.ok(lastNodePort - firstNodePort === 2767);
});
