/**
 * A definition that had to wait for a name gets it when it becomes free: after the one that held it is gone or renamed
 * (apiextensions-apiserver pkg/controller/status/naming_controller.go, requeueAllOtherGroupCRDs).
 */
import { establish, hasAllNames } from '../kinds/custom/definition-status.ts';
import { type JsonRecord, stringAt } from '../kinds/json.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Context } from './context.ts';
import { parseStored, serialise } from './stored.ts';

const definitions = resourcePrefix('apiextensions.k8s.io', 'customresourcedefinitions');

/** Runs until the store closes. */
export function giveFreedNames(context: Context): void {
  context.store.watch({
    prefix: definitions,
    after: context.store.revision,
    onEvents: (events) => {
      for (const { kind, value, previousValue } of events) {
        const freed = kind === 'delete' ? value : previousValue;
        if (freed === undefined) continue;
        settleGroup(context, stringAt(parseStored(freed), 'spec', 'group')).catch((error: unknown) =>
          context.log(`giving freed names to other definitions: ${String(error)}`),
        );
      }
    },
    onEnd: () => {},
  });
}

function membersOf(context: Context, group: string): readonly JsonRecord[] {
  return context.store
    .list(definitions)
    .items.filter(({ value }) => value.includes(JSON.stringify(group)))
    .map(({ value }) => parseStored(value))
    .filter((definition) => stringAt(definition, 'spec', 'group') === group);
}

async function settleGroup(context: Context, group: string): Promise<void> {
  const kind = context.kinds.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions');
  if (kind === undefined) return;
  for (const waiting of membersOf(context, group).filter((definition) => !hasAllNames(definition))) {
    const name = stringAt(waiting, 'metadata', 'name');
    await context.store.write(definitions + name, (current) => {
      if (current === undefined) return { kind: 'keep' };
      const definition = parseStored(current.value);
      const before = JSON.stringify(definition.status);
      const others = membersOf(context, group).filter((other) => stringAt(other, 'metadata', 'name') !== name);
      establish(definition, others, context.nowMs());
      return JSON.stringify(definition.status) === before
        ? { kind: 'keep' }
        : { kind: 'put', value: (revision) => serialise(kind, definition, revision) };
    });
  }
}
