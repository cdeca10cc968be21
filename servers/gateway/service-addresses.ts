/** Which Service has which address and node port, and which still needs one. Pure but for the pool it owns. */
import type { Service } from '@diatom/sdk';
import { type AddressPool, apiServiceAddress, serviceAddresses } from '../addresses/address-pool.ts';
import { apiServiceKey } from './api-service.ts';
import { hasClusterAddress, needsClusterAddress, takesNodePort } from './routes.ts';

export const firstNodePort = 30_000;
export const lastNodePort = 32_767;

export type Claim =
  | { readonly kind: 'none' }
  | { readonly kind: 'held' }
  /** The Service asks for an address it cannot have; the sentence is for people. */
  | { readonly kind: 'refused'; readonly message: string };

export class ServiceAddresses {
  readonly #addresses: AddressPool;
  readonly #nodePorts = new Map<number, string>();
  readonly #apiAddress: string;

  constructor(range: number) {
    this.#addresses = serviceAddresses(range);
    this.#apiAddress = apiServiceAddress(range);
    this.#addresses.reserve(this.#apiAddress, apiServiceKey);
  }

  /** Notes what the Service holds already. */
  claim(key: string, service: Service): Claim {
    for (const { nodePort } of service.spec?.ports ?? []) {
      if (takesNodePort(service) && nodePort !== undefined && !this.#nodePorts.has(nodePort))
        this.#nodePorts.set(nodePort, key);
    }
    const address = service.spec?.clusterIP ?? '';
    if (!hasClusterAddress(service)) return { kind: 'none' };
    switch (this.#addresses.reserve(address, key)) {
      case 'reserved':
        return { kind: 'held' };
      case 'taken':
        return {
          kind: 'refused',
          message: `clusterIP ${address} is already allocated to ${this.#addresses.holderOf(address)}`,
        };
      case 'outside':
        return { kind: 'refused', message: `clusterIP ${address} is not in the range of this cell's Services` };
    }
  }

  /** The Service is gone. */
  release(key: string): void {
    this.#addresses.release(key);
    // The API's own is for nobody else, also while its Service is away.
    this.#addresses.reserve(this.#apiAddress, apiServiceKey);
    for (const [port, holder] of this.#nodePorts) if (holder === key) this.#nodePorts.delete(port);
  }

  /** Node ports nobody holds, from the given one on, each once. */
  *freeNodePorts(from: number): Generator<number, void, undefined> {
    const count = lastNodePort - firstNodePort + 1;
    for (let step = 0; step < count; step += 1) {
      const port = firstNodePort + ((from + step) % count);
      if (!this.#nodePorts.has(port)) yield port;
    }
  }

  /** What has to be written into `spec` so that the Service has all it needs; undefined when it has. */
  missing(
    key: string,
    service: Service,
    nextNodePort: () => number | undefined,
  ): Partial<NonNullable<Service['spec']>> | undefined {
    const { spec } = service;
    if (spec === undefined) return undefined;
    const changes: Partial<NonNullable<Service['spec']>> = {};
    if (needsClusterAddress(service)) {
      const address = key === apiServiceKey ? this.#apiAddress : this.#addresses.allocate(key);
      if (address === undefined)
        throw new Error('the range of Service addresses is used up; delete Services that are not needed');
      changes.clusterIP = address;
      changes.clusterIPs = [address];
      changes.ipFamilies = ['IPv4'];
      changes.ipFamilyPolicy = 'SingleStack';
    }
    if (takesNodePort(service) && (spec.ports ?? []).some((port) => !port.nodePort)) {
      changes.ports = (spec.ports ?? []).map((port) => {
        if (port.nodePort) return port;
        const nodePort = nextNodePort();
        if (nodePort === undefined)
          throw new Error(`no port of ${firstNodePort}-${lastNodePort} is free on this machine`);
        this.#nodePorts.set(nodePort, key);
        return { ...port, nodePort };
      });
    }
    return Object.keys(changes).length === 0 ? undefined : changes;
  }
}
