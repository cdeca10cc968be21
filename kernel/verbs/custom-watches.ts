/**
 * Watches of a custom kind end when its definition changes or goes: what they show would be of a kind that is no more.
 * Clients come back where they were and see the new one (apiextensions-apiserver pkg/apiserver/customresource_handler.go,
 * updateCustomResourceDefinition).
 */
import { deepEqual, type JsonRecord, recordAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import type { Kinds } from '../kinds/kinds.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Context } from './context.ts';
import { parseStored } from './stored.ts';

const definitions = resourcePrefix('apiextensions.k8s.io', 'customresourcedefinitions');

type End = () => void;

/** Open watches by the name of their definition. */
const open = new WeakMap<Kinds, Map<string, Set<End>>>();

/** `end` is called at most once; what comes back says that the watch is over anyway. */
export function endWithDefinition({ kinds }: Context, kind: Kind, end: End): () => void {
  const watches = open.get(kinds) ?? new Map<string, Set<End>>();
  open.set(kinds, watches);
  const name = `${kind.resource}.${kind.group}`;
  const ends = watches.get(name) ?? new Set<End>();
  watches.set(name, ends.add(end));
  return () => {
    ends.delete(end);
    if (ends.size === 0 && watches.get(name) === ends) watches.delete(name);
  };
}

/** Runs until the store closes. */
export function endWatchesOfChangedKinds(context: Context): void {
  context.store.watch({
    prefix: definitions,
    after: context.store.revision,
    onEvents: (events) => {
      for (const { kind, key, value, previousValue } of events) {
        const name = key.slice(definitions.length);
        const ends = open.get(context.kinds)?.get(name);
        if (ends === undefined) continue;
        const isChanged = kind === 'delete' || previousValue === undefined || servesOtherwise(value, previousValue);
        if (isChanged) for (const end of [...ends]) end();
      }
    },
    onEnd: () => {},
  });
}

function servesOtherwise(after: string, before: string): boolean {
  const served = (definition: JsonRecord): readonly JsonRecord[] => [
    recordAt(definition, 'spec'),
    recordAt(definition, 'status', 'acceptedNames'),
  ];
  return !deepEqual(served(parseStored(after)), served(parseStored(before)));
}
