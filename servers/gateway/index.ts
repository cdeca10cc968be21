/**
 * gateway: owns the addresses of Services. It gives each Service its address, listens there, and passes every connection
 * to a ready endpoint; while there is none, connections wait. It knows endpoints, never why there are some or none.
 */
import { createServer } from 'node:net';
import {
  Controller,
  changesOf,
  connectPort,
  EventRecorder,
  Informers,
  keyOf,
  resources,
  type Service,
} from '@diatom/sdk';
import type { Server } from '../server.ts';
import { publishApiService } from './api-service.ts';
import { Forwarder } from './forward.ts';
import { type Route, routesOf, type Target } from './routes.ts';
import { firstNodePort, lastNodePort, ServiceAddresses } from './service-addresses.ts';
import type { GatewaySettings } from './settings.ts';

/** A Service whose address cannot be listened on is tried again this often. */
const listenAgainMs = 5_000;

export const server: Server = {
  name: 'gateway',
  rules: [
    { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch', 'create', 'update', 'patch'] },
    { apiGroups: [''], resources: ['services/status'], verbs: ['update', 'patch'] },
    {
      apiGroups: ['discovery.k8s.io'],
      resources: ['endpointslices'],
      verbs: ['get', 'list', 'watch', 'create', 'patch'],
    },
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
    const addresses = new ServiceAddresses(gatewaySettings.addressRange);
    await publishApiService(client, gatewaySettings);
    await informers.synced(signal);

    /** Routes this process will never be allowed to listen on: said once, not tried again. */
    const forbidden = new Set<string>();
    /** What is listened on for each Service, and the Service as it was then. */
    const served = new Map<string, { readonly keys: ReadonlySet<string>; readonly service: Service }>();
    const forget = (key: string): void => {
      const before = served.get(key);
      if (before === undefined) return;
      served.delete(key);
      for (const routeKey of before.keys) {
        forwarder.remove(routeKey);
        forbidden.delete(routeKey);
      }
      addresses.release(key, before.service);
    };

    /** False when it is worth trying again. */
    const listen = async (service: Service, route: Route): Promise<boolean> => {
      if (forbidden.has(route.key)) return true;
      try {
        await forwarder.set(route);
        return true;
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException;
        const message = listenProblem(route, error as NodeJS.ErrnoException);
        log(`${route.service}: ${message}`);
        events.record(service, { type: 'Warning', reason: 'FailedToListen', message });
        if (code === 'EACCES') forbidden.add(route.key);
        return code === 'EACCES';
      }
    };

    const reconcile = async (key: string) => {
      const service = services.get(key);
      if (service === undefined || service.metadata.deletionTimestamp !== undefined) {
        forget(key);
        return undefined;
      }
      const claim = addresses.claim(key, service);
      if (claim.kind === 'refused') {
        forget(key);
        events.record(service, { type: 'Warning', reason: 'ClusterIPNotAllocated', message: claim.message });
        return undefined;
      }
      const free = await freeNodePorts(service, addresses);
      const changes = addresses.missing(key, service, () => free.shift());
      const own = client.resource(resources.services, service.metadata.namespace);
      if (changes !== undefined) {
        await own.patch(service.metadata.name ?? '', {
          kind: 'merge',
          changes: { metadata: { resourceVersion: service.metadata.resourceVersion }, spec: changes },
        });
        // The change comes back through the watch and is served then.
        return undefined;
      }
      const routes = routesOf(service, slices.byIndex('service', key));
      const keys = new Set(routes.map((route) => route.key));
      for (const old of served.get(key)?.keys ?? []) if (!keys.has(old)) forwarder.remove(old);
      served.set(key, { keys, service });
      const listening = await Promise.all(routes.map((route) => listen(service, route)));
      const address = service.spec?.clusterIP;
      if (service.spec?.type === 'LoadBalancer' && service.status?.loadBalancer?.ingress?.[0]?.ip !== address) {
        const changed = { status: { loadBalancer: { ingress: [{ ip: address }] } } };
        await own.patch(service.metadata.name ?? '', { kind: 'merge', changes: changed }, { subresource: 'status' });
      }
      return listening.every(Boolean) ? undefined : { requeueAfterMs: listenAgainMs };
    };

    // Addresses that are held must be known before the first one is given out.
    for (const service of services.list()) addresses.claim(keyOf(service), service);
    const controller = new Controller({
      name: 'gateway',
      log,
      reconcile,
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
    await controller.run(signal, ready);
    await forwarder.close();
  },
};

function listenProblem(route: Route, error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'EACCES':
      return `port ${route.port} may not be listened on without root; use a port above 1023, or allow it with sysctl net.ipv4.ip_unprivileged_port_start`;
    case 'EADDRINUSE':
      return `${route.key} is in use by another program of this machine`;
    default:
      return `cannot listen on ${route.key}: ${error.message}`;
  }
}

/** As many node ports as the Service lacks, each found free on this machine just now. */
async function freeNodePorts(service: Service, addresses: ServiceAddresses): Promise<number[]> {
  const isAsked = service.spec?.type === 'NodePort' || service.spec?.type === 'LoadBalancer';
  const lackingCount = isAsked ? (service.spec?.ports ?? []).filter((port) => !port.nodePort).length : 0;
  const found: number[] = [];
  if (lackingCount === 0) return found;
  // A random start keeps two cells on one machine from trying the same ports in the same order.
  const from = Math.floor(Math.random() * (lastNodePort - firstNodePort));
  for (const port of addresses.freeNodePorts(from)) {
    if (await isFree(port)) found.push(port);
    if (found.length === lackingCount) break;
  }
  return found;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
