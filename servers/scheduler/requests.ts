import { type Container, type Pod, parseQuantity } from '@diatom/sdk';

export type Amounts = Readonly<Record<string, number>>;

/**
 * What a pod takes of its node: the sum of its containers, or one init container if that is more, plus overhead
 * (k8s.io/component-helpers/resource PodRequests). Requests that are left out but limited count as their limit.
 */
export function podRequests(pod: Pod): Amounts {
  const known = knownRequests.get(pod);
  if (known !== undefined) return known;
  const total: Record<string, number> = {};
  for (const container of pod.spec.containers) add(total, containerRequests(container));
  for (const container of pod.spec.initContainers ?? []) {
    const requests = containerRequests(container);
    for (const name in requests) total[name] = Math.max(total[name] ?? 0, requests[name] ?? 0);
  }
  for (const [name, amount] of Object.entries(pod.spec.overhead ?? {})) {
    total[name] = (total[name] ?? 0) + parseQuantity(amount);
  }
  knownRequests.set(pod, total);
  return total;
}

/** Every pass adds up all pods of the cell; objects from an informer never change. */
const knownRequests = new WeakMap<Pod, Amounts>();

export function add(total: Record<string, number>, more: Amounts): void {
  for (const name in more) total[name] = (total[name] ?? 0) + (more[name] ?? 0);
}

function containerRequests(container: Container): Amounts {
  const amounts: Record<string, number> = {};
  const requests = { ...container.resources?.limits, ...container.resources?.requests };
  for (const [name, amount] of Object.entries(requests)) amounts[name] = parseQuantity(amount);
  return amounts;
}

/** `protocol/address/port` of every host port. */
export function hostPorts(pod: Pod): string[] {
  return pod.spec.containers.flatMap((container) =>
    (container.ports ?? [])
      .map((port) => ({ ...port, hostPort: port.hostPort ?? (pod.spec.hostNetwork === true ? port.containerPort : 0) }))
      .filter(({ hostPort }) => hostPort > 0)
      .map(({ protocol = 'TCP', hostIP = '0.0.0.0', hostPort }) => `${protocol}/${hostIP || '0.0.0.0'}/${hostPort}`),
  );
}

/** The same port on all addresses clashes with the port on any one of them. */
export function clash(wanted: string, taken: ReadonlySet<string>): boolean {
  const [protocol, address, port] = wanted.split('/');
  if (taken.has(wanted) || taken.has(`${protocol}/0.0.0.0/${port}`)) return true;
  if (address !== '0.0.0.0') return false;
  for (const other of taken) if (other.startsWith(`${protocol}/`) && other.endsWith(`/${port}`)) return true;
  return false;
}
