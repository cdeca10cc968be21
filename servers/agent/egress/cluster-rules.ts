/**
 * What pods may be connected to beyond their manifests: names of Services are the cell's own, and an address of this machine
 * is reached only where it is one of a Service or a pod. Pure, over what the informers know.
 */
import { isPodFinished, matchesLabels, type Pod, type Service } from '@diatom/sdk';
import type { EgressRules } from '@diatom/tender';
import { forbiddenAddress } from '@diatom/tender/egress/address-class.ts';

export interface ClusterState {
  /** The cell's own part of the loopback network: 127.<range>.0.0/16. */
  readonly range: number;
  readonly service: (namespace: string, name: string) => Service | undefined;
  readonly services: () => readonly Service[];
  readonly pods: () => readonly Pod[];
}

interface ServiceName {
  readonly name: string;
  readonly namespace: string;
  /** The name says that it is a Service's: DNS is not asked. */
  readonly isCertain: boolean;
}

const clusterDomain = '.cluster.local';

/** `name`, `name.namespace`, `name.namespace.svc`, `name.namespace.svc.cluster.local`; undefined: none of these. */
const serviceName = (host: string, namespace: string): ServiceName | undefined => {
  const isCluster = host.endsWith(clusterDomain);
  const [name = '', other = namespace, svc, ...rest] = (isCluster ? host.slice(0, -clusterDomain.length) : host).split(
    '.',
  );
  if (rest.length > 0 || (svc !== undefined && svc !== 'svc') || (isCluster && svc === undefined)) return undefined;
  return { name, namespace: other, isCertain: svc !== undefined };
};

const isAddress = (text: string | undefined): text is string => text !== undefined && text !== '' && text !== 'None';

const addressesOfService = (service: Service, pods: readonly Pod[]): readonly string[] | Error => {
  const { clusterIP, selector = {}, type } = service.spec ?? {};
  if (type === 'ExternalName') return new Error('the Service is an external name: connect to that name itself');
  if (isAddress(clusterIP)) return [clusterIP];
  if (Object.keys(selector).length === 0) return new Error('the Service has neither an address nor a selector');
  const found = pods
    .filter(
      (pod) =>
        pod.metadata.namespace === service.metadata.namespace &&
        !isPodFinished(pod) &&
        matchesLabels(selector, pod.metadata.labels),
    )
    .map((pod) => pod.status?.podIP)
    .filter(isAddress);
  return found.length > 0 ? found : new Error('no pod of the Service has an address');
};

export const clusterRules = (state: ClusterState): Required<EgressRules> => {
  // Whoever may write a Service or a status may write any address there, that of another service of the machine as well.
  const isOwn = (address: string): boolean =>
    address.startsWith(`127.${state.range}.`) &&
    (state.services().some(({ spec }) => spec?.clusterIP === address) ||
      state.pods().some(({ status }) => status?.podIP === address));
  return { isOwn, ...namesAndAddresses(state, isOwn) };
};

const namesAndAddresses = (
  state: ClusterState,
  isOwn: Required<EgressRules>['isOwn'],
): Pick<Required<EgressRules>, 'addressesOf' | 'refusalOf'> => ({
  addressesOf: (host, scope) => {
    const named = serviceName(host, scope);
    if (named === undefined) return undefined;
    const { name, namespace, isCertain } = named;
    const service = state.service(namespace, name);
    if (service !== undefined) return addressesOfService(service, state.pods());
    return isCertain ? new Error(`there is no Service ${name} in the namespace ${namespace}`) : undefined;
  },
  refusalOf: (address) => {
    const what = forbiddenAddress(address);
    if (what === undefined || isOwn(address)) return undefined;
    return `${address} is ${what}, which no pod is connected to; name the Service instead`;
  },
});
