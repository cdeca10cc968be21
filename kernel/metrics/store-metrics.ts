/** What is stored, counted when somebody asks. */
import type { Kind } from '../kinds/kind.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { type Family, single } from './exposition.ts';

export function storeFamilies(store: Store, kinds: Iterable<Kind>): readonly Family[] {
  const counted = new Map<string, { readonly group: string; readonly resource: string; readonly value: number }>();
  for (const { group, resource, review, computed } of kinds) {
    const prefix = resourcePrefix(group, resource);
    // Versions of one kind share their objects.
    if (review === undefined && computed === undefined && !counted.has(prefix))
      counted.set(prefix, { group, resource, value: count(store, prefix) });
  }
  const counts = [...counted.values()];
  return [
    {
      name: 'apiserver_resource_objects',
      help: 'Stored objects by group and resource.',
      type: 'gauge',
      samples: counts.map(({ group, resource, value }) => ({ labels: { group, resource }, value })),
    },
    {
      name: 'apiserver_storage_objects',
      help: 'Stored objects by resource; apiserver_resource_objects under its former name.',
      type: 'gauge',
      samples: counts.map(({ group, resource, value }) => ({
        labels: { resource: group === '' ? resource : `${resource}.${group}` },
        value,
      })),
    },
    single(
      'counter',
      'diatom_store_revision',
      'Newest revision: the number of writes since the cell began.',
      store.revision,
    ),
    single(
      'gauge',
      'diatom_store_compacted_revision',
      'Watches can be resumed from after this revision.',
      store.compactRevision,
    ),
  ];
}

function count(store: Store, prefix: string): number {
  const { items, remaining } = store.list(prefix, { limit: 1 });
  return items.length + remaining;
}
