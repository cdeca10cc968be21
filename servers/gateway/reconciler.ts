/** One look at one Service: it is listened on and says where it can be reached. */
import {
  type Client,
  type EndpointSlice,
  type EventRecorder,
  type Informer,
  type ReconcileResult,
  resources,
  type Service,
} from '@diatom/sdk';
import { isServiceAddress } from '../addresses/address-pool.ts';
import { bootProblem } from '../boot-annotation.ts';
import type { Forwarder } from './forward.ts';
import { hasClusterAddress, type Route, routesOf } from './routes.ts';

/** A Service whose address cannot be listened on is tried again this often. */
const listenAgainMs = 5_000;

export interface ServiceReconcilerOptions {
  readonly client: Client;
  readonly services: Informer<Service>;
  /** Indexed by `service` (`namespace/name`). */
  readonly slices: Informer<EndpointSlice>;
  readonly addressRange: number;
  readonly forwarder: Forwarder;
  readonly events: EventRecorder;
  readonly log: (message: string) => void;
}

export class ServiceReconciler {
  readonly #options: ServiceReconcilerOptions;
  /** What is listened on for each Service. */
  readonly #served = new Map<string, ReadonlySet<string>>();
  /** The Service each address and port is listened on for. */
  readonly #owners = new Map<string, string>();
  /** Routes this process will never be allowed to listen on: said once, not tried again. */
  readonly #forbidden = new Set<string>();

  constructor(options: ServiceReconcilerOptions) {
    this.#options = options;
  }

  readonly reconcile = async (key: string): Promise<ReconcileResult | undefined> => {
    const { services, slices, addressRange, events } = this.#options;
    const service = services.get(key);
    if (service === undefined || service.metadata.deletionTimestamp !== undefined) {
      this.#forget(key);
      return undefined;
    }
    const address = service.spec?.clusterIP ?? '';
    // Whatever blocks of addresses the API may have: others are not this cell's to listen on.
    if (hasClusterAddress(service) && !isServiceAddress(addressRange, address)) {
      this.#forget(key);
      const message = `clusterIP ${address} is not in the range of this cell's Services; make the Service again without one`;
      events.record(service, { type: 'Warning', reason: 'ClusterIPOutOfRange', message });
      return undefined;
    }
    const problem = bootProblem(service);
    if (problem !== undefined) events.record(service, { type: 'Warning', reason: 'NotServed', message: problem });
    // Closed rather than served from instances that others share.
    const routes = problem === undefined ? routesOf(service, slices.byIndex('service', key)) : [];
    const isAllListened = await this.#serve(key, service, routes);
    await this.#publishIngress(service);
    return isAllListened ? undefined : { requeueAfterMs: listenAgainMs };
  };

  #forget(key: string): void {
    for (const routeKey of this.#served.get(key) ?? []) this.#leave(key, routeKey);
    this.#served.delete(key);
  }

  /** An address may have been given to another Service since, and be listened on for that. */
  #leave(key: string, routeKey: string): void {
    if (this.#owners.get(routeKey) !== key) return;
    this.#owners.delete(routeKey);
    this.#forbidden.delete(routeKey);
    this.#options.forwarder.remove(routeKey);
  }

  /** Listens on these routes and on no others of the Service; false when one is worth trying again. */
  async #serve(key: string, service: Service, routes: readonly Route[]): Promise<boolean> {
    const keys = new Set(routes.map((route) => route.key));
    for (const old of this.#served.get(key) ?? []) if (!keys.has(old)) this.#leave(key, old);
    this.#served.set(key, keys);
    const settled = await Promise.all(routes.map((route) => this.#listen(key, service, route)));
    return settled.every(Boolean);
  }

  /** False when it is worth trying again. */
  async #listen(key: string, service: Service, route: Route): Promise<boolean> {
    const owner = this.#ownerBeside(key, route.key);
    if (owner !== undefined) {
      const message = `${route.key} is listened on for ${owner}`;
      this.#options.events.record(service, { type: 'Warning', reason: 'FailedToListen', message });
      return false;
    }
    this.#owners.set(route.key, key);
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

  /** Another Service that is there and served at it: it has changed and not been looked at since, or is of old. */
  #ownerBeside(key: string, routeKey: string): string | undefined {
    const owner = this.#owners.get(routeKey);
    if (owner === undefined || owner === key) return undefined;
    const isServed = this.#options.services.get(owner) !== undefined && this.#served.get(owner)?.has(routeKey) === true;
    return isServed ? owner : undefined;
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
