/** "should support X API operations": what the upstream tests of that name do with every kind alike. */
import assert from 'node:assert/strict';
import { type Api, at, type Body, itemsOf, nameOf, namesOf } from './rig.ts';

export interface Operations {
  /** `/apis/apps/v1` */
  readonly root: string;
  readonly resource: string;
  readonly kind: string;
  /** Absent: of the whole cluster. */
  readonly namespace?: string;
  readonly object: (name: string) => object;
  /** What a merge patch changes, beside an annotation. */
  readonly change?: object;
  /** What is written to the status; absent: there is no status to write. */
  readonly status?: object;
}

const labels = { 'special-label': 'e2e' };
const selector = 'labelSelector=special-label%3De2e';

async function requireDiscovered(api: Api, { root, resource, kind, namespace }: Operations): Promise<void> {
  if (root.startsWith('/apis/')) {
    const [group = '', version = ''] = root.slice('/apis/'.length).split('/');
    const groups = await api.get('/apis');
    const found = (groups.groups as Body[]).find(({ name }) => name === group);
    assert.ok(found !== undefined, `${group} is in discovery`);
    const versions = (at(await api.get(`/apis/${group}`), 'versions') as Body[]).map((item) => item.version);
    assert.ok(versions.includes(version), `${group} has ${version}`);
  }
  const { resources } = await api.get(root);
  const found = (resources as Body[]).find(({ name }) => name === resource);
  assert.deepEqual([found?.kind, found?.namespaced], [kind, namespace !== undefined]);
}

/** Create, get, list, watch, patch, update, status, delete and delete by collection. */
export async function supportsOperations(api: Api, operations: Operations): Promise<void> {
  const { root, resource, namespace, object, change = {}, status } = operations;
  await requireDiscovered(api, operations);
  const collection = `${root}/${namespace === undefined ? '' : `namespaces/${namespace}/`}${resource}`;
  const create = (name: string): Promise<Body> => {
    const wanted = structuredClone(object(name)) as { metadata?: { labels?: object } };
    return api.create(collection, {
      ...wanted,
      metadata: { ...wanted.metadata, name, labels: { ...wanted.metadata?.labels, ...labels } },
    });
  };
  const created = await create('e2e-a');
  assert.equal(created.kind, operations.kind);
  const path = `${collection}/e2e-a`;
  assert.equal(nameOf(await api.get(path)), 'e2e-a');
  await create('e2e-b');
  await create('e2e-c');
  const list = await api.get(`${collection}?${selector}`);
  assert.deepEqual(namesOf(list), ['e2e-a', 'e2e-b', 'e2e-c']);
  assert.equal(itemsOf(await api.get(`${root}/${resource}?${selector}`)).length, 3);
  const watch = await api.watch(`${collection}?${selector}&resourceVersion=${at(list, 'metadata.resourceVersion')}`);

  const patched = await api.patch(path, { ...change, metadata: { annotations: { patched: 'true' } } });
  assert.equal(at(patched, 'metadata.annotations.patched'), 'true');
  await watch.until('MODIFIED', (seen) => at(seen, 'metadata.annotations.patched') === 'true');
  const updated = await api.change(path, (seen) => {
    const metadata = seen.metadata as { annotations: Record<string, string> };
    metadata.annotations.updated = 'true';
  });
  assert.equal(at(updated, 'metadata.annotations.updated'), 'true');
  await watch.until('MODIFIED', (seen) => at(seen, 'metadata.annotations.updated') === 'true');

  if (status !== undefined) await writesStatus(api, path, status);

  await api.delete(path);
  await watch.until('DELETED', (seen) => nameOf(seen) === 'e2e-a');
  await watch.close();
  await api.gone(path);
  assert.equal(itemsOf(await api.get(`${collection}?${selector}`)).length, 2);
  await api.delete(`${collection}?${selector}`);
  assert.equal(itemsOf(await api.get(`${collection}?${selector}`)).length, 0);
}

/** Patches, updates and reads the status, and finds it where it was written. */
export async function writesStatus(api: Api, path: string, status: object): Promise<Body> {
  const own = (seen: unknown): unknown =>
    Object.fromEntries(Object.keys(status).map((key) => [key, at(seen, `status.${key}`)]));
  const patched = await api.patch(`${path}/status`, { status });
  assert.partialDeepStrictEqual(own(patched), status);
  assert.partialDeepStrictEqual(own(await api.get(`${path}/status`)), status);
  const updated = await api.change(`${path}/status`, (seen) => {
    seen.status = { ...(seen.status as object), ...status };
  });
  assert.partialDeepStrictEqual(own(updated), status);
  assert.partialDeepStrictEqual(own(await api.get(path)), status);
  return updated;
}
