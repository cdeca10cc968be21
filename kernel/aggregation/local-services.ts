/**
 * The APIServices of what the kernel serves itself: one for each group version, made and taken away as kinds come and go
 * (kube-aggregator pkg/controllers/autoregister, kubernetes pkg/controlplane/apiserver/aggregator.go).
 */
import { randomUUID } from 'node:crypto';
import { type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { prioritiesOf } from './priorities.ts';
import { apiServicesPrefix } from './remote.ts';

const automanaged = 'kube-aggregator.kubernetes.io/automanaged';

export interface LocalServicesOptions {
  readonly store: Store;
  readonly kinds: () => readonly Kind[];
  readonly nowMs: () => number;
  readonly serialise: (object: JsonRecord, revision: number) => string;
  readonly log: (message: string) => void;
}

/** Resolves when all there should be are there; goes on with every change of definitions and of what it has made. */
export async function keepLocalServices(options: LocalServicesOptions): Promise<void> {
  const { store, log } = options;
  const again = (): void => {
    bringInLine(options).catch((error: unknown) => log(`APIServices cannot be brought up to date: ${error}`));
  };
  const follow = (prefix: string, isOfInterest: (kind: 'put' | 'delete') => boolean): void => {
    store.watch({
      prefix,
      after: store.revision,
      // After the table of kinds has seen it, too.
      onEvents: (events) => {
        if (events.some(({ kind }) => isOfInterest(kind))) setImmediate(again);
      },
      onEnd: (reason) => {
        if (reason !== 'closed') log(`APIServices are no longer kept: the store ended the watch (${reason}); restart`);
      },
    });
  };
  follow(resourcePrefix('apiextensions.k8s.io', 'customresourcedefinitions'), () => true);
  follow(apiServicesPrefix, (kind) => kind === 'delete');
  await bringInLine(options);
}

async function bringInLine({ store, kinds, nowMs, serialise }: LocalServicesOptions): Promise<void> {
  const wanted = new Map(kinds().map((kind) => [`${kind.version}.${kind.group}`, kind]));
  const present = new Map<string, JsonRecord>();
  for (const { value } of store.list(apiServicesPrefix).items) {
    const object = JSON.parse(value) as JsonRecord;
    present.set(stringAt(object, 'metadata', 'name'), object);
  }
  const writes: Promise<unknown>[] = [];
  for (const [name, kind] of wanted) {
    if (present.has(name)) continue;
    const object = localService(name, kind, nowMs());
    writes.push(
      store.write(apiServicesPrefix + name, (current) =>
        current === undefined ? { kind: 'put', value: (revision) => serialise(object, revision) } : { kind: 'keep' },
      ),
    );
  }
  for (const [name, object] of present) {
    const isOurs = recordAt(object, 'metadata', 'labels')[automanaged] !== undefined;
    if (!isOurs || wanted.has(name) || recordAt(object, 'spec').service !== undefined) continue;
    writes.push(store.write(apiServicesPrefix + name, () => ({ kind: 'delete' })));
  }
  await Promise.all(writes);
}

function localService(name: string, { group, version, nature }: Kind, nowMs: number): JsonRecord {
  const [groupPriorityMinimum, versionPriority] = prioritiesOf(group, version);
  const time = `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
  return {
    metadata: {
      name,
      uid: randomUUID(),
      creationTimestamp: time,
      labels: { [automanaged]: nature === 'custom' ? 'true' : 'onstart' },
    },
    spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum, versionPriority },
    status: {
      conditions: [
        {
          type: 'Available',
          status: 'True',
          lastTransitionTime: time,
          reason: 'Local',
          message: 'Local APIServices are always available',
        },
      ],
    },
  };
}
