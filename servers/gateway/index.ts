/**
 * gateway: listens on the addresses and node ports of Services and passes every connection to a ready endpoint; while
 * there is none, connections wait. It knows endpoints, never why there are some or none, and addresses, not who gave them.
 */
import { Controller, changesOf, connectPort, EventRecorder, Informers, resources } from '@diatom/sdk';
import type { Server } from '../server.ts';
import { Forwarder } from './forward.ts';
import { ServiceReconciler } from './reconciler.ts';
import { rehearse } from './rehearse.ts';
import type { Target } from './routes.ts';
import type { GatewaySettings } from './settings.ts';

export const server: Server = {
  name: 'gateway',
  rules: [
    { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['services/status'], verbs: ['update', 'patch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['events'], verbs: ['create', 'patch'] },
  ],
  async run({ port, settings, log, signal }, ready) {
    const gatewaySettings = settings as unknown as GatewaySettings;
    const client = connectPort(port, { userAgent: 'diatom-gateway' });
    const events = new EventRecorder(client, { component: 'diatom-gateway', log });
    await using informers = new Informers(client, { log });
    const services = informers.of(resources.services);
    const slices = informers
      .of(resources.endpointSlices)
      .addIndex('service', (slice) => [
        `${slice.metadata.namespace ?? ''}/${slice.metadata.labels?.['kubernetes.io/service-name'] ?? ''}`,
      ]);
    const pods = informers.of(resources.pods);
    const isAwake = (target: Target): boolean => {
      const statuses = target.pod === undefined ? undefined : pods.get(target.pod)?.status?.containerStatuses;
      return statuses === undefined || statuses.some(({ state }) => state?.running !== undefined);
    };
    const forwarder = new Forwarder({ isAwake, log, waitMs: 10_000, longestQueue: 4096 });
    await informers.synced(signal);

    const reconciler = new ServiceReconciler({
      client,
      services,
      slices,
      addressRange: gatewaySettings.addressRange,
      forwarder,
      events,
      log,
    });
    const controller = new Controller({
      name: 'gateway',
      log,
      reconcile: reconciler.reconcile,
      sources: [
        changesOf(services),
        changesOf(slices, (slice, old) =>
          [slice, old].flatMap((one) => {
            const service = one?.metadata.labels?.['kubernetes.io/service-name'];
            return service === undefined ? [] : [`${one?.metadata.namespace ?? ''}/${service}`];
          }),
        ),
      ],
    });
    await controller.run(signal, () => {
      ready();
      void rehearse(signal);
    });
    await forwarder.close();
  },
};
