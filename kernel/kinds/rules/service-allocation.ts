/** What Services are given: addresses of their own, ports of the machine (registry/core/service/storage/alloc.go). */
import type { FieldError } from '../../wire/status.ts';
import { invalidValue } from '../field-errors.ts';
import { ensureRecord, type JsonRecord, numberAt, recordAt, recordsAt } from '../json.ts';
import type { Grants, KindAllocation } from '../kind.ts';
import { addressesOf, fillAddresses, fillFamilies, isExternalName, isHeadless } from './service-addresses.ts';

export const takesNodePorts = ({ type }: JsonRecord): boolean => type === 'NodePort' || type === 'LoadBalancer';

export const needsHealthPort = ({ type, externalTrafficPolicy }: JsonRecord): boolean =>
  type === 'LoadBalancer' && externalTrafficPolicy === 'Local';

const nodePortOf = (port: JsonRecord): number => numberAt(port, 'nodePort') ?? 0;
const healthPortOf = (spec: JsonRecord): number => numberAt(spec, 'healthCheckNodePort') ?? 0;

export const nodePortsOf = (spec: JsonRecord): readonly number[] =>
  recordsAt(spec, 'ports')
    .map(nodePortOf)
    .filter((port) => port !== 0);

const exhausted = 'range is full';

function fillNodePorts(
  spec: JsonRecord,
  before: JsonRecord | undefined,
  grants: Grants,
): readonly FieldError[] | string {
  if (!takesNodePorts(spec)) return [];
  const held = before === undefined ? [] : nodePortsOf(before);
  const isGiven = spec.type === 'NodePort' || spec.allocateLoadBalancerNodePorts !== false;
  const ports = recordsAt(spec, 'ports');
  const taken = new Set<number>();
  // Of a new Service: one number for a port of both protocols, the one that either of them names.
  const shared = new Map<unknown, number>();
  for (const [index, port] of ports.entries()) {
    if (nodePortOf(port) === 0 && isGiven) {
      const twin =
        before === undefined ? ports.find((one) => one.port === port.port && nodePortOf(one) !== 0) : undefined;
      const number = twin === undefined ? (shared.get(port.port) ?? grants.nextPort()) : nodePortOf(twin);
      if (number === undefined) return `failed to allocate a nodePort: ${exhausted}`;
      port.nodePort = number;
      if (before === undefined) shared.set(port.port, number);
      if (twin === undefined) taken.add(number);
    }
    const asked = nodePortOf(port);
    const isOwn = taken.has(asked) && (before !== undefined || shared.get(port.port) === asked);
    if (asked === 0 || held.includes(asked) || isOwn) continue;
    const problem = grants.takePort(asked);
    if (problem !== undefined) return [invalidValue(`spec.ports[${index}].nodePort`, asked, problem)];
    taken.add(asked);
    shared.set(port.port, asked);
  }
  return [];
}

function fillHealthPort(
  spec: JsonRecord,
  before: JsonRecord | undefined,
  grants: Grants,
): string | readonly FieldError[] {
  if (!needsHealthPort(spec) || (before !== undefined && needsHealthPort(before))) return [];
  const asked = healthPortOf(spec);
  if (asked !== 0) {
    const problem = grants.takePort(asked);
    return problem === undefined ? [] : `failed to allocate requested HealthCheck NodePort ${asked}: ${problem}`;
  }
  const port = grants.nextPort();
  if (port === undefined) return `failed to allocate a HealthCheck NodePort 0: ${exhausted}`;
  spec.healthCheckNodePort = port;
  return [];
}

export const serviceAllocation: KindAllocation = {
  holdings: (object) => {
    const spec = recordAt(object, 'spec');
    const health = needsHealthPort(spec) ? [healthPortOf(spec)] : [];
    return {
      addresses: isExternalName(spec) || isHeadless(spec) ? [] : addressesOf(spec).filter((one) => one !== ''),
      ports: [...new Set([...(takesNodePorts(spec) ? nodePortsOf(spec) : []), ...health.filter((one) => one !== 0)])],
    };
  },
  fill: (object, previous, grants) => {
    const spec = ensureRecord(object, 'spec');
    const before = previous === undefined ? undefined : recordAt(previous, 'spec');
    const steps: readonly (() => readonly FieldError[] | string)[] = [
      () => fillFamilies(spec, before, grants),
      () => fillAddresses(object, spec, before, grants),
      () => fillNodePorts(spec, before, grants),
      () => fillHealthPort(spec, before, grants),
    ];
    for (const step of steps) {
      const problem = step();
      if (problem.length > 0) return problem;
    }
    return [];
  },
};
