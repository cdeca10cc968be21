/**
 * The APIServices of what the kernel serves itself: one for each group version, made and taken away as kinds come and go
 * (kube-aggregator pkg/controllers/autoregister, kubernetes pkg/controlplane/apiserver/aggregator.go).
 */
import { randomUUID } from 'node:crypto';
import { type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { resourcePrefix } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import { apiServicesPrefix } from './remote.ts';

/** groupPriorityMinimum and versionPriority: what kubectl takes first when a name is in several groups. */
const priorities: Readonly<Record<string, readonly [number, number]>> = {
  '/v1': [18000, 1],
  'apps/v1': [17800, 15],
  'events.k8s.io/v1': [17750, 15],
  'authentication.k8s.io/v1': [17700, 15],
  'authorization.k8s.io/v1': [17600, 15],
  'autoscaling/v1': [17500, 15],
  'autoscaling/v2': [17500, 30],
  'batch/v1': [17400, 15],
  'certificates.k8s.io/v1': [17300, 15],
  'networking.k8s.io/v1': [17200, 15],
  'policy/v1': [17100, 15],
  'rbac.authorization.k8s.io/v1': [17000, 15],
  'storage.k8s.io/v1': [16800, 15],
  'apiextensions.k8s.io/v1': [16700, 15],
  'admissionregistration.k8s.io/v1': [16700, 15],
  'scheduling.k8s.io/v1': [16600, 15],
  'coordination.k8s.io/v1': [16500, 15],
  'node.k8s.io/v1': [16300, 15],
  'discovery.k8s.io/v1': [16200, 15],
  'flowcontrol.apiserver.k8s.io/v1': [16100, 21],
  'resource.k8s.io/v1': [15200, 20],
};
const custom = [1000, 100] as const;
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
  const [groupPriorityMinimum, versionPriority] = priorities[`${group}/${version}`] ?? custom;
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
