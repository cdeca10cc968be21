/** One look at one Service: it gets what it lacks, is listened on, and says where it can be reached. */
import { createServer } from 'node:net';
import {
  type Client,
  type EndpointSlice,
  type EventRecorder,
  type Informer,
  keyOf,
  type ReconcileResult,
  resources,
  type Service,
} from '@diatom/sdk';
import { bootProblem } from '../boot-annotation.ts';
import { apiServiceKey } from './api-service.ts';
import type { Forwarder } from './forward.ts';
import { type Route, routesOf } from './routes.ts';
import { firstNodePort, lastNodePort, type ServiceAddresses } from './service-addresses.ts';

/** A Service whose address cannot be listened on is tried again this often. */
const listenAgainMs = 5_000;

export interface ServiceReconcilerOptions {
  readonly client: Client;
  readonly services: Informer<Service>;
  /** Indexed by `service` (`namespace/name`). */
  readonly slices: Informer<EndpointSlice>;
  readonly addresses: ServiceAddresses;
  readonly forwarder: Forwarder;
  /** Makes the API's own Service and its slice again. */
  readonly publishApi: () => Promise<void>;
  readonly events: EventRecorder;
  readonly log: (message: string) => void;
}

export class ServiceReconciler {
  readonly #options: ServiceReconcilerOptions;
  /** What is listened on for each Service. */
  readonly #served = new Map<string, ReadonlySet<string>>();
  /** Routes this process will never be allowed to listen on: said once, not tried again. */
  readonly #forbidden = new Set<string>();

  constructor(options: ServiceReconcilerOptions) {
    this.#options = options;
    // Addresses that are held must be known before the first one is given out.
    for (const service of options.services.list()) options.addresses.claim(keyOf(service), service);
  }

  readonly reconcile = async (key: string): Promise<ReconcileResult | undefined> => {
    const { services, slices, addresses, events } = this.#options;
    const service = services.get(key);
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) {
      this.#forget(key);
      if (key === apiServiceKey && service === undefined) await this.#options.publishApi();
      return undefined;
    }
    if (key === apiServiceKey && slices.byIndex('service', key).length === 0) await this.#options.publishApi();
    const claim = addresses.claim(key, service);
    if (claim.kind === 'refused') {
      this.#forget(key);
      events.record(service, { type: 'Warning', reason: 'ClusterIPNotAllocated', message: claim.message });
      return undefined;
    }
    // What is written here comes back through the watch and is served then.
    if (await this.#fillIn(key, service)) return undefined;
    const problem = bootProblem(service);
    if (problem !== undefined) events.record(service, { type: 'Warning', reason: 'NotServed', message: problem });
    // Closed rather than served from instances that others share.
    const routes = problem === undefined ? routesOf(service, slices.byIndex('service', key)) : [];
    const isAllListened = await this.#serve(key, service, routes);
    await this.#publishIngress(service);
    return isAllListened ? undefined : { requeueAfterMs: listenAgainMs };
  };

  #forget(key: string): void {
    for (const routeKey of this.#served.get(key) ?? []) {
      this.#options.forwarder.remove(routeKey);
      this.#forbidden.delete(routeKey);
    }
    this.#served.delete(key);
    this.#options.addresses.release(key);
  }

  /** Writes the address and the node ports the Service lacks; false when it has them all. */
  async #fillIn(key: string, service: Service): Promise<boolean> {
    const { client, addresses } = this.#options;
    const free = await freeNodePorts(service, addresses);
    const spec = addresses.missing(key, service, () => free.shift());
    if (spec === undefined) return false;
    const { name = '', namespace, resourceVersion } = service.metadata;
    const changes = { metadata: { resourceVersion }, spec };
    await client.resource(resources.services, namespace).patch(name, { kind: 'merge', changes });
    return true;
  }

  /** Listens on these routes and on no others of the Service; false when one is worth trying again. */
  async #serve(key: string, service: Service, routes: readonly Route[]): Promise<boolean> {
    const keys = new Set(routes.map((route) => route.key));
    for (const old of this.#served.get(key) ?? []) if (!keys.has(old)) this.#options.forwarder.remove(old);
    this.#served.set(key, keys);
    const settled = await Promise.all(routes.map((route) => this.#listen(service, route)));
    return settled.every(Boolean);
  }

  /** False when it is worth trying again. */
  async #listen(service: Service, route: Route): Promise<boolean> {
    if (this.#forbidden.has(route.key)) return true;
    try {
      await this.#options.forwarder.set(route);
      return true;
    } catch (error) {
      const failure = error as NodeJS.ErrnoException;
      const message = listenProblem(route, failure);
      this.#options.log(`${route.service}: ${message}`);
      this.#options.events.record(service, { type: 'Warning', reason: 'FailedToListen', message });
      const isFinal = failure.code === 'EACCES';
      if (isFinal) this.#forbidden.add(route.key);
      return isFinal;
    }
  }

  /** The load balancer of a cell is its gateway: the ingress is the Service's own address. */
  async #publishIngress({ spec, status, metadata }: Service): Promise<void> {
    const ip = spec?.clusterIP;
    if (spec?.type !== 'LoadBalancer' || status?.loadBalancer?.ingress?.[0]?.ip === ip) return;
    const changes = { status: { loadBalancer: { ingress: [{ ip }] } } };
    await this.#options.client
      .resource(resources.services, metadata.namespace)
      .patch(metadata.name ?? '', { kind: 'merge', changes }, { subresource: 'status' });
  }
}

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
