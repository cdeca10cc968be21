/** Where a load balancer has put a Service or an Ingress (pkg/apis/{core,networking}/validation, ValidateLoadBalancerStatus). */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import { type JsonRecord, recordAt, recordsAt, setDefault, stringAt } from '../json.ts';
import { subdomainProblems } from '../names.ts';
import { notAnAddress } from './service-addresses.ts';

const at = 'status.loadBalancer.ingress';
const modes = ['Proxy', 'VIP'];

const pointsOf = (object: JsonRecord): readonly JsonRecord[] => recordsAt(object, 'status', 'loadBalancer', 'ingress');

export function defaultBalancerStatus(service: JsonRecord): void {
  if (recordAt(service, 'spec').type !== 'LoadBalancer') return;
  for (const point of pointsOf(service)) if (stringAt(point, 'ip') !== '') setDefault(point, 'ipMode', 'VIP');
}

export function serviceStatusErrors(service: JsonRecord, previous: JsonRecord): FieldError[] {
  const points = pointsOf(service);
  if (recordAt(service, 'spec').type !== 'LoadBalancer')
    return points.length === 0 ? [] : [forbiddenField(at, "may only be used when `spec.type` is 'LoadBalancer'")];
  return points.flatMap((point, index) => [
    ...addressErrors(point, `${at}[${index}]`, previous),
    ...modeErrors(point, `${at}[${index}].ipMode`),
    ...hostErrors(point, `${at}[${index}]`),
  ]);
}

export function ingressStatusErrors(ingress: JsonRecord, previous: JsonRecord): FieldError[] {
  return pointsOf(ingress).flatMap((point, index) => [
    ...addressErrors(point, `${at}[${index}]`, previous),
    ...hostErrors(point, `${at}[${index}]`),
  ]);
}

/** What was there before stays. */
function addressErrors(point: JsonRecord, path: string, previous: JsonRecord): FieldError[] {
  const address = stringAt(point, 'ip');
  if (address === '' || isIP(address) !== 0) return [];
  if (pointsOf(previous).some((known) => known.ip === address)) return [];
  return [invalidValue(`${path}.ip`, address, notAnAddress)];
}

function modeErrors(point: JsonRecord, path: string): FieldError[] {
  const hasAddress = stringAt(point, 'ip') !== '';
  const { ipMode } = point;
  if (ipMode === undefined) return hasAddress ? [required(path, 'must be specified when `ip` is set')] : [];
  if (!hasAddress) return [forbiddenField(path, 'may not be specified when `ip` is not set')];
  return modes.includes(String(ipMode)) ? [] : [notSupported(path, ipMode, modes)];
}

function hostErrors(point: JsonRecord, path: string): FieldError[] {
  const host = stringAt(point, 'hostname');
  if (host === '') return [];
  const problems = [...subdomainProblems(host)];
  if (isIP(host) !== 0) problems.push('must be a DNS name, not an IP address');
  return problems.map((problem) => invalidValue(`${path}.hostname`, host, problem));
}
