/**
 * quota: keeps the status of every ResourceQuota true. The kernel charges quotas with what it admits and counts what
 * there is when it is asked to; this server knows when to ask: a quota is new or has changed, something it counts is
 * gone or has changed, and now and then in any case.
 */
import {
  type Client,
  Controller,
  changesOf,
  connectPort,
  Informers,
  isNotFound,
  type KubernetesObject,
  keyOf,
  type ResourceType,
} from '@diatom/sdk';
import { runControllers } from '../run-controllers.ts';
import { isSame } from '../same.ts';
import type { Server } from '../server.ts';
import { CountedKinds } from './counted-kinds.ts';

interface ResourceQuota extends KubernetesObject {
  readonly spec?: { readonly hard?: Readonly<Record<string, string>> };
  readonly status?: {
    readonly hard?: Readonly<Record<string, string>>;
    readonly used?: Readonly<Record<string, string>>;
  };
}

const resourceQuotas: ResourceType<ResourceQuota> = {
  group: '',
  version: 'v1',
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
};

/** A namespace that is emptied is counted once for many objects. */
const gatherMs = 20;
/** As kube-controller-manager's --resource-quota-sync-period. */
const countAgainMs = 5 * 60_000;
/** A quota may name a kind before its definition is there. */
const unknownKindAgainMs = 30_000;

export const server: Server = {
  name: 'quota',
  rules: [
    { apiGroups: [''], resources: ['resourcequotas/status'], verbs: ['patch'] },
    // Anything can be counted: `count/things.example.com`. Only metadata is read.
    { apiGroups: ['*'], resources: ['*'], verbs: ['list', 'watch'] },
  ],
  async run(context, ready) {
    const { port, log } = context;
    const client = connectPort(port, { userAgent: 'diatom-quota' });
    const informers = new Informers(client, { log });
    const quotas = informers.of(resourceQuotas).addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);
    const counted = new CountedKinds(client, informers, (namespace) => {
      for (const quota of quotas.byIndex('namespace', namespace)) controller.queue.addAfter(keyOf(quota), gatherMs);
    });
    const controller: Controller = new Controller({
      name: 'quota',
      log,
      concurrency: 4,
      sources: [
        changesOf(quotas, (quota, old) => (old !== undefined && isSettled(quota, old) ? [] : [keyOf(quota)]), {
          resyncMs: countAgainMs,
        }),
      ],
      reconcile: async (key, signal) => {
        const quota = quotas.get(key);
        const names = quotas.list().flatMap(({ spec }) => Object.keys(spec?.hard ?? {}));
        const isComplete = await counted.follow(names, signal);
        if (quota !== undefined && quota.metadata.deletionTimestamp === undefined) await count(client, quota, signal);
        return isComplete ? undefined : { requeueAfterMs: unknownKindAgainMs };
      },
    });
    await runControllers(context, client, informers, [controller], ready);
  },
};

/** What the kernel has charged is no reason to count. */
function isSettled(quota: ResourceQuota, old: ResourceQuota): boolean {
  const { hard = {} } = quota.status ?? {};
  return quota !== old && isSame(quota.spec ?? {}, old.spec ?? {}) && isSame(hard, quota.spec?.hard ?? {});
}

/** A status without `used` is counted by the kernel as it is written. */
async function count(client: Client, { metadata, spec }: ResourceQuota, signal: AbortSignal): Promise<void> {
  const { name = '', namespace = '' } = metadata;
  const operations = [{ op: 'add', path: '/status', value: { hard: spec?.hard ?? {} } }] as const;
  try {
    const quotas = client.resource(resourceQuotas, namespace);
    await quotas.patch(name, { kind: 'json', operations }, { subresource: 'status', signal });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
