/** For tests: access control over a store in a temporary directory, and a way to put objects there. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { objectKey } from '../store/keys.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import type { Store } from '../store/store.ts';
import { type AccessControl, createAccess } from './create-access.ts';

export interface TestAccess extends AsyncDisposable {
  readonly store: Store;
  readonly access: AccessControl;
  readonly clock: { nowMs: number };
  put(group: string, resource: string, object: TestObject): Promise<void>;
  remove(group: string, resource: string, name: string, namespace?: string): Promise<void>;
}

export interface TestObject {
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export const rbacGroup = 'rbac.authorization.k8s.io';

export function openAccess(): TestAccess {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-access-'));
  const store = openSqliteStore({ directory });
  const clock = { nowMs: Date.parse('2026-01-01T00:00:00Z') };
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const access = createAccess({ store, tokenKey: { privateKey, publicKey }, now: () => clock.nowMs, log: () => {} });
  return {
    store,
    access,
    clock,
    put: async (group, resource, object) => {
      const { name, namespace } = object.metadata;
      const value = JSON.stringify(object);
      await store.write(objectKey({ group, resource, name, namespace }), () => ({ kind: 'put', value: () => value }));
    },
    remove: async (group, resource, name, namespace) => {
      await store.write(objectKey({ group, resource, name, namespace }), () => ({ kind: 'delete' }));
    },
    [Symbol.asyncDispose]: async () => {
      access.close();
      await store.close();
      rmSync(directory, { recursive: true });
    },
  };
}
