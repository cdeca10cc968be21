/**
 * namespaces: gives every namespace its default ServiceAccount and the cell's CA, and empties those being deleted. What
 * is in a namespace it neither knows nor asks: discovery says which kinds there are.
 */
import { readFile } from 'node:fs/promises';
import {
  Controller,
  changesOf,
  connectPort,
  Informers,
  isAlreadyExists,
  isNamespaceTerminating,
  isNotFound,
  type KubernetesObject,
  type Namespace,
  resources,
} from '@diatom/sdk';
import { runControllers } from '../run-controllers.ts';
import type { Server } from '../server.ts';
import { deletionConditions, finalize, sweep } from './deletion.ts';
import { LeaveWatch } from './leave-watch.ts';
import type { NamespacesSettings } from './settings.ts';

const authorityConfigMap = 'kube-root-ca.crt';
const authorityDescription =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the ' +
  'internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';
/** What could not be deleted or watched is tried again after this long. */
const sweepAgainMs = 1_000;

export const server: Server = {
  name: 'namespaces',
  rules: [
    { apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['namespaces/finalize', 'namespaces/status'], verbs: ['update', 'patch'] },
    { apiGroups: [''], resources: ['serviceaccounts'], verbs: ['get', 'list', 'watch', 'create'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'list', 'watch', 'create', 'update'] },
    // Content of any kind, those not known yet included.
    { apiGroups: ['*'], resources: ['*'], verbs: ['get', 'list', 'watch', 'delete', 'deletecollection'] },
  ],
  async run(context, ready) {
    const { port, settings, log } = context;
    const path = (settings as unknown as Partial<NamespacesSettings>).certificateAuthorityPath;
    const authority = path === undefined ? undefined : await readFile(path, 'utf8');
    const client = connectPort(port, { userAgent: 'diatom-namespaces' });
    const informers = new Informers(client, { log });
    const namespaces = informers.of(resources.namespaces);
    const accounts = informers.of(resources.serviceAccounts, { fieldSelector: 'metadata.name=default' });
    const authorities = informers.of(resources.configMaps, { fieldSelector: `metadata.name=${authorityConfigMap}` });
    const leaving = new LeaveWatch(client, log, (namespace) => controller.queue.add(namespace));
    const namespaceOf = ({ metadata }: KubernetesObject): string[] => [metadata.namespace ?? ''];

    async function furnish(name: string): Promise<void> {
      const wanted: Promise<unknown>[] = [];
      const key = (objectName: string): string => `${name}/${objectName}`;
      if (accounts.get(key('default')) === undefined) {
        const metadata = { name: 'default', namespace: name };
        wanted.push(
          client.resource(resources.serviceAccounts).create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata }),
        );
      }
      const present = authorities.get(key(authorityConfigMap));
      if (authority !== undefined && present?.data?.['ca.crt'] !== authority) {
        const annotations = { 'kubernetes.io/description': authorityDescription };
        const metadata = present?.metadata ?? { name: authorityConfigMap, namespace: name, annotations };
        const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'ca.crt': authority } };
        const configMaps = client.resource(resources.configMaps);
        wanted.push(present === undefined ? configMaps.create(object) : configMaps.update(object));
      }
      for (const result of await Promise.allSettled(wanted)) {
        if (result.status === 'fulfilled') continue;
        // Made by somebody else meanwhile, or on its way out: both show up as an event.
        if (isAlreadyExists(result.reason) || isNamespaceTerminating(result.reason) || isNotFound(result.reason))
          continue;
        throw result.reason;
      }
    }

    async function empty(namespace: Namespace, signal: AbortSignal): Promise<{ requeueAfterMs?: number } | undefined> {
      const { name = '' } = namespace.metadata;
      const result = await sweep(client, name, signal);
      const conditions = deletionConditions(namespace, result, client.clock.now());
      const hasErrors = result.discoveryError !== undefined || result.deletionErrors.length > 0;
      if (result.remaining.length === 0 && !hasErrors) {
        await leaving.stop(name);
        await finalize(client, namespace, signal);
        return undefined;
      }
      if (conditions !== namespace.status?.conditions || namespace.status?.phase !== 'Terminating') {
        const changes = { status: { phase: 'Terminating', conditions } };
        await client
          .resource(resources.namespaces)
          .patch(name, { kind: 'merge', changes }, { subresource: 'status', signal });
      }
      leaving.follow(
        name,
        result.remaining.map(({ resource }) => resource),
      );
      return hasErrors ? { requeueAfterMs: sweepAgainMs } : undefined;
    }

    const controller: Controller = new Controller({
      name: 'namespaces',
      log,
      sources: [changesOf(namespaces), changesOf(accounts, namespaceOf), changesOf(authorities, namespaceOf)],
      reconcile: async (name, signal) => {
        const namespace = namespaces.get(name);
        if (namespace === undefined) {
          await leaving.stop(name);
          return undefined;
        }
        if (namespace.metadata.deletionTimestamp !== undefined) {
          if (!(namespace.spec?.finalizers ?? []).includes('kubernetes')) return undefined;
          return empty(namespace, signal);
        }
        await furnish(name);
        return undefined;
      },
    });
    try {
      await runControllers(context, client, informers, [controller], ready);
    } finally {
      await leaving.close();
    }
  },
};
