/** A Service is reached where something serves it, and at its own address while nothing does. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { objectKey } from '../store/keys.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { addressOf } from './service-address.ts';

async function withStore(use: (store: Store) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-service-address-'));
  const store = openSqliteStore({ directory });
  try {
    await use(store);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

const wanted = { namespace: 'default', name: 'hook', port: 443 };

const put = (store: Store, group: string, resource: string, object: object) =>
  store.write(objectKey({ group, resource, namespace: 'default', name: 'hook' }), () => ({
    kind: 'put',
    value: () => JSON.stringify({ metadata: { name: 'hook', namespace: 'default' }, ...object }),
  }));

const service = (spec: object) => ({ spec: { clusterIP: '10.0.0.7', ports: [{ name: 'api', port: 443 }], ...spec } });
const subset = (address: object) => ({
  ...address,
  ports: [
    { name: 'api', port: 8443 },
    { name: 'other', port: 1 },
  ],
});
const addresses = [{ ip: '192.0.2.5' }];

test('a ready endpoint is called at its own port', () =>
  withStore(async (store) => {
    await put(store, '', 'services', service({}));
    await put(store, '', 'endpoints', { subsets: [subset({ addresses })] });
    assert.deepEqual(addressOf(store, wanted), { host: '192.0.2.5', port: 8443 });
  }));

test('so is one that is only in a slice, if it is ready', () =>
  withStore(async (store) => {
    await put(store, '', 'services', service({}));
    await put(store, 'discovery.k8s.io', 'endpointslices', {
      metadata: { name: 'hook', namespace: 'default', labels: { 'kubernetes.io/service-name': 'hook' } },
      ports: [{ name: 'api', port: 8443 }],
      endpoints: [{ addresses: ['192.0.2.4'], conditions: { ready: false } }, { addresses: ['192.0.2.5'] }],
    });
    assert.deepEqual(addressOf(store, wanted), { host: '192.0.2.5', port: 8443 });
  }));

test("without a ready endpoint it is the Service's own address, which may wake one", () =>
  withStore(async (store) => {
    await put(store, '', 'services', service({}));
    await put(store, '', 'endpoints', { subsets: [subset({ notReadyAddresses: addresses })] });
    assert.deepEqual(addressOf(store, wanted), { host: '10.0.0.7', port: 443 });
  }));

test('an external name is called as it is', () =>
  withStore(async (store) => {
    await put(store, '', 'services', { spec: { type: 'ExternalName', externalName: 'hooks.example' } });
    assert.deepEqual(addressOf(store, wanted), { host: 'hooks.example', port: 443 });
  }));

test('what cannot be called says why', () =>
  withStore(async (store) => {
    assert.throws(() => addressOf(store, wanted), /service "hook" not found/);
    await put(store, '', 'services', service({ clusterIP: 'None' }));
    assert.throws(() => addressOf(store, { ...wanted, port: 80 }), /no service port 80 found for service "hook"/);
    assert.throws(() => addressOf(store, wanted), /service "hook" has no address to call/);
  }));
