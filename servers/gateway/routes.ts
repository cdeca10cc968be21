/** Which addresses the gateway listens on and where each connection may go: computed from Services and EndpointSlices. */
import type { EndpointSlice, Service, ServicePort } from '@diatom/sdk';

export interface Target {
  readonly address: string;
  readonly port: number;
  /** `namespace/name` of the pod behind it, when it is one. */
  readonly pod: string | undefined;
}

export interface Route {
  /** `address:port`: what is listened on. */
  readonly key: string;
  readonly address: string;
  readonly port: number;
  /** `namespace/name` */
  readonly service: string;
  readonly hasClientAffinity: boolean;
  readonly targets: readonly Target[];
}

/** Routes of one Service; slices are those labelled with its name. */
export function routesOf(service: Service, slices: readonly EndpointSlice[]): readonly Route[] {
  const { spec, metadata } = service;
  if (spec === undefined || spec.type === 'ExternalName') return [];
  const name = `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
  const hasClientAffinity = spec.sessionAffinity === 'ClientIP';
  const routes: Route[] = [];
  for (const port of spec.ports ?? []) {
    if ((port.protocol ?? 'TCP') !== 'TCP') continue;
    const targets = targetsOf(port, slices, spec.publishNotReadyAddresses === true);
    const add = (address: string, listened: number): void => {
      routes.push({
        key: `${address}:${listened}`,
        address,
        port: listened,
        service: name,
        hasClientAffinity,
        targets,
      });
    };
    if (hasClusterAddress(service)) add(spec.clusterIP ?? '', port.port);
    if (takesNodePort(service) && port.nodePort !== undefined && port.nodePort > 0) add('127.0.0.1', port.nodePort);
  }
  return routes;
}

/** It has an address of its own: neither headless nor a mere name. */
export function hasClusterAddress({ spec }: Service): boolean {
  const address = spec?.clusterIP;
  return spec?.type !== 'ExternalName' && address !== undefined && address !== '' && address !== 'None';
}

function takesNodePort({ spec }: Service): boolean {
  return spec?.type === 'NodePort' || spec?.type === 'LoadBalancer';
}

function targetsOf(port: ServicePort, slices: readonly EndpointSlice[], takesUnready: boolean): readonly Target[] {
  const targets = new Map<string, Target>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue;
    const match = (slice.ports ?? []).find((one) => (one.name ?? '') === (port.name ?? ''));
    if (match?.port === undefined) continue;
    for (const endpoint of slice.endpoints ?? []) {
      // No condition means ready (discovery/v1 EndpointConditions).
      if (endpoint.conditions?.ready === false && !takesUnready) continue;
      const reference = endpoint.targetRef;
      const pod = reference?.kind === 'Pod' ? `${reference.namespace ?? ''}/${reference.name ?? ''}` : undefined;
      for (const address of endpoint.addresses) {
        targets.set(`${address}:${match.port}`, { address, port: match.port, pod });
      }
    }
  }
  return [...targets.values()];
}
