/**
 * A deleted CustomResourceDefinition takes its objects with it: they are deleted as by a client, and when the last is
 * gone the definition loses its finalizer and goes too (apiextensions-apiserver pkg/controller/finalizer).
 */
import { cleanupFinalizer } from '../kinds/custom/definition-rules.ts';
import { arrayAt, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { Context } from './context.ts';
import { type DeleteOptions, decideDeletion } from './delete.ts';
import { parseStored, serialise } from './stored.ts';
import { isReadyToGo } from './update.ts';
import { metadataOf } from './write.ts';

const definitions = resourcePrefix('apiextensions.k8s.io', 'customresourcedefinitions');
const background: DeleteOptions = {
  dryRun: false,
  gracePeriodSeconds: undefined,
  propagation: undefined,
  uid: '',
  resourceVersion: '',
  given: {},
};

/** Runs until the store closes. */
export function cleanUpCustomResources(context: Context): void {
  const running = new Set<string>();
  const consider = (text: string): void => {
    const name = stringAt(parseStored(text), 'metadata', 'name');
    const isDoomed = text.includes(cleanupFinalizer) && text.includes('"deletionTimestamp"');
    if (!isDoomed || running.has(name)) return;
    running.add(name);
    cleanUp(context, name)
      .catch((error: unknown) => context.log(`deleting the objects of ${name}: ${String(error)}`))
      .finally(() => running.delete(name));
  };
  for (const item of context.store.list(definitions).items) consider(item.value);
  context.store.watch({
    prefix: definitions,
    after: context.store.revision,
    onEvents: (events) => {
      for (const event of events) if (event.kind === 'put') consider(event.value);
    },
    onEnd: () => {},
  });
}

async function cleanUp(context: Context, name: string): Promise<void> {
  const dot = name.indexOf('.');
  const [resource, group] = [name.slice(0, dot), name.slice(dot + 1)];
  const prefix = resourcePrefix(group, resource);
  const kind = context.kinds.all().find((item) => item.group === group && item.resource === resource);
  const definition = context.kinds.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  if (definition === undefined) return;
  if (kind !== undefined) {
    await Promise.all(context.store.list(prefix).items.map((item) => deleteInstance(context, kind, item.key)));
    if (!(await emptied(context.store, prefix))) return;
  }
  await context.store.write(definitions + name, (current) => {
    if (current === undefined) return { kind: 'keep' };
    const object = parseStored(current.value);
    const metadata = metadataOf(object);
    metadata.finalizers = arrayAt(metadata, 'finalizers').filter((finalizer) => finalizer !== cleanupFinalizer);
    const value = (revision: number): string => serialise(definition, object, revision);
    return isReadyToGo(definition, object) ? { kind: 'delete', finalValue: value } : { kind: 'put', value };
  });
}

async function deleteInstance(context: Context, kind: Kind, key: string): Promise<void> {
  await context.store.write(key, (current) => {
    if (current === undefined) return { kind: 'keep' };
    const object = parseStored(current.value);
    // It stays in the version it was stored in: nothing converts it any more.
    const asStored = { ...kind, storageApiVersion: stringAt(object, 'apiVersion') };
    return decideDeletion(asStored, current, object, background, context.nowMs());
  });
}

/** Waits for objects that finalizers hold; false when the store closed first. */
function emptied(store: Store, prefix: string): Promise<boolean> {
  return new Promise((resolve) => {
    const isEmpty = (): boolean => store.list(prefix, { limit: 1 }).items.length === 0;
    if (isEmpty()) {
      resolve(true);
      return;
    }
    const watch = store.watch({
      prefix,
      after: store.revision,
      onEvents: (events) => {
        if (!events.some((event) => event.kind === 'delete') || !isEmpty()) return;
        watch.cancel();
        resolve(true);
      },
      onEnd: () => resolve(false),
    });
  });
}
