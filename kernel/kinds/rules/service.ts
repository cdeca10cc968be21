/** Services. */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  ensureRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  semanticallyEqual,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';
import { labelProblems, qualifiedNameProblems, subdomainProblems } from '../names.ts';
import { validateLabels } from '../validate-metadata.ts';
import { isAddressBlock } from './address-block.ts';
import { defaultBalancerStatus, serviceStatusErrors } from './balancer-status.ts';
import { isPort, portNameProblems, portRange } from './pod-validation.ts';
import {
  addressChangeErrors,
  addressesOf,
  addressFieldErrors,
  alignAddresses,
  isExternalName,
  isHeadless,
  notAnAddress,
} from './service-addresses.ts';
import { needsHealthPort, nodePortsOf, serviceAllocation, takesNodePorts } from './service-allocation.ts';

export const protocols = ['SCTP', 'TCP', 'UDP'];
const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const clientIpTimeoutSeconds = 10_800;

function defaultService(object: JsonRecord): void {
  const spec = ensureRecord(object, 'spec');
  setDefault(spec, 'sessionAffinity', 'None');
  setDefault(spec, 'type', 'ClusterIP');
  if (spec.sessionAffinity === 'ClientIP') {
    setDefault(
      ensureRecord(ensureRecord(spec, 'sessionAffinityConfig'), 'clientIP'),
      'timeoutSeconds',
      clientIpTimeoutSeconds,
    );
  }
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
  for (const port of recordsAt(spec, 'ports')) {
    setDefault(port, 'protocol', 'TCP');
    if (port.targetPort === undefined || port.targetPort === 0 || port.targetPort === '') port.targetPort = port.port;
  }
  if (isExternallyAccessible(spec)) setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
  // Once it was a default of these, too; it says nothing about a name.
  if (isExternalName(spec)) delete spec.internalTrafficPolicy;
  else setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  defaultBalancerStatus(object);
}

const isExternallyAccessible = (spec: JsonRecord): boolean =>
  takesNodePorts(spec) || (spec.type === 'ClusterIP' && arrayAt(spec, 'externalIPs').length > 0);

function validateService(object: JsonRecord): FieldError[] {
  const spec = recordAt(object, 'spec');
  const errors: FieldError[] = [];
  const type = stringAt(spec, 'type');
  const ports = recordsAt(spec, 'ports');
  if (!types.includes(type)) errors.push(notSupported('spec.type', type, types));
  if (ports.length === 0 && !isHeadless(spec) && type !== 'ExternalName') errors.push(required('spec.ports'));
  if (type === 'ExternalName') {
    const name = stringAt(spec, 'externalName');
    if (name === '') errors.push(required('spec.externalName'));
    else
      errors.push(
        ...subdomainProblems(name.replace(/\.$/, '')).map((problem) =>
          invalidValue('spec.externalName', name, problem),
        ),
      );
    for (const key of ['clusterIPs', 'ipFamilies', 'ipFamilyPolicy'])
      if (!isUnset(spec[key])) errors.push(forbiddenField(`spec.${key}`, 'may not be set for ExternalName services'));
  }
  if (takesNodePorts(spec) && isHeadless(spec))
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${type} services`));
  errors.push(...validateServicePorts(ports, type));
  errors.push(...validateLabels(recordAt(spec, 'selector'), 'spec.selector'));
  const affinities = ['ClientIP', 'None'];
  const affinity = stringAt(spec, 'sessionAffinity');
  if (!affinities.includes(affinity)) errors.push(notSupported('spec.sessionAffinity', affinity, affinities));
  return [
    ...errors,
    ...affinityErrors(spec),
    ...addressFieldErrors(spec),
    ...trafficErrors(spec, type),
    ...addressListErrors(spec),
  ];
}

const isUnset = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);

const longestAffinitySeconds = 86_400;

function affinityErrors(spec: JsonRecord): FieldError[] {
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig !== undefined)
    return [forbiddenField('spec.sessionAffinityConfig', 'must not be set when session affinity is None')];
  const seconds = numberAt(spec, 'sessionAffinityConfig', 'clientIP', 'timeoutSeconds');
  if (seconds === undefined || (seconds > 0 && seconds <= longestAffinitySeconds)) return [];
  const field = 'spec.sessionAffinityConfig.clientIP.timeoutSeconds';
  return [invalidValue(field, seconds, `must be greater than 0 and less than ${longestAffinitySeconds}`)];
}

const trafficPolicies = ['Cluster', 'Local'];
const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'];
const healthPortsOnly = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";

/** What only services with a port or a balancer outside have. */
function trafficErrors(spec: JsonRecord, type: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['externalTrafficPolicy', 'internalTrafficPolicy']) {
    const policy = stringAt(spec, key);
    if (policy === '') continue;
    if (!trafficPolicies.includes(policy)) errors.push(notSupported(`spec.${key}`, policy, trafficPolicies));
  }
  if (stringAt(spec, 'externalTrafficPolicy') !== '' && !isExternallyAccessible(spec))
    errors.push(
      invalidValue(
        'spec.externalTrafficPolicy',
        spec.externalTrafficPolicy,
        'may only be set for externally-accessible services',
      ),
    );
  const health = spec.healthCheckNodePort;
  if (health !== undefined && health !== 0 && !needsHealthPort(spec))
    errors.push(invalidValue('spec.healthCheckNodePort', health, healthPortsOnly));
  else if (health !== undefined && health !== 0 && !isPort(health))
    errors.push(invalidValue('spec.healthCheckNodePort', health, portRange));
  const distribution = stringAt(spec, 'trafficDistribution');
  if (spec.trafficDistribution !== undefined && !distributions.includes(distribution))
    errors.push(notSupported('spec.trafficDistribution', distribution, distributions));
  const balancerClass = stringAt(spec, 'loadBalancerClass');
  if (type === 'LoadBalancer')
    return spec.loadBalancerClass === undefined
      ? errors
      : [
          ...errors,
          ...qualifiedNameProblems(balancerClass).map((problem) =>
            invalidValue('spec.loadBalancerClass', balancerClass, problem),
          ),
        ];
  if (stringAt(spec, 'loadBalancerClass') !== '')
    errors.push(forbiddenField('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  if (spec.allocateLoadBalancerNodePorts !== undefined)
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"));
  if (arrayAt(spec, 'loadBalancerSourceRanges').length > 0)
    errors.push(forbiddenField('spec.loadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  return errors;
}

const notABlock = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function addressListErrors(spec: JsonRecord): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, address] of arrayAt(spec, 'externalIPs').map(String).entries()) {
    if (isIP(address) === 0) errors.push(invalidValue(`spec.externalIPs[${index}]`, address, notAnAddress));
  }
  for (const [index, block] of arrayAt(spec, 'loadBalancerSourceRanges').map(String).entries())
    if (!isAddressBlock(block.trim()))
      errors.push(invalidValue(`spec.loadBalancerSourceRanges[${index}]`, block, notABlock));
  return errors;
}

function validateServicePorts(ports: readonly JsonRecord[], type: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const numbers = new Set<string>();
  const nodePorts = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    const name = stringAt(port, 'name');
    if (name === '' && ports.length > 1) errors.push(required(`${at}.name`));
    else if (name !== '') {
      errors.push(...labelProblems(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
      if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name));
      names.add(name);
    }
    if (!isPort(port.port)) errors.push(invalidValue(`${at}.port`, port.port ?? 0, portRange));
    const protocol = stringAt(port, 'protocol');
    if (protocol === '') errors.push(required(`${at}.protocol`));
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols));
    const target = port.targetPort;
    if (typeof target === 'string')
      errors.push(...portNameProblems(target).map((problem) => invalidValue(`${at}.targetPort`, target, problem)));
    else if (target !== undefined && !isPort(target)) errors.push(invalidValue(`${at}.targetPort`, target, portRange));
    if (port.nodePort !== undefined && port.nodePort !== 0) {
      if (type === 'ClusterIP')
        errors.push(forbiddenField(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"));
      else if (!isPort(port.nodePort)) errors.push(invalidValue(`${at}.nodePort`, port.nodePort, portRange));
      const nodeKey = `${protocol} ${String(port.nodePort)}`;
      if (nodePorts.has(nodeKey)) errors.push(duplicateValue(`${at}.nodePort`, port.nodePort));
      nodePorts.add(nodeKey);
    }
    const application = stringAt(port, 'appProtocol');
    if (application !== '')
      errors.push(
        ...qualifiedNameProblems(application).map((problem) => invalidValue(`${at}.appProtocol`, application, problem)),
      );
    const key = `${protocol} ${String(port.port)}`;
    if (numbers.has(key)) errors.push(duplicateValue(at, { port: port.port, protocol }));
    numbers.add(key);
  }
  return errors;
}

/** Go's zero values are one with what is left out. */
const isSame = (a: unknown, b: unknown): boolean => semanticallyEqual(a || undefined, b || undefined);

/** What goes with a type goes with it, unless this very write says otherwise (registry/core/service, dropTypeDependentFields). */
function dropTypeDependent(spec: JsonRecord, before: JsonRecord): void {
  const drop = (...keys: readonly string[]): void => {
    if (keys.every((key) => isSame(spec[key], before[key]))) for (const key of keys) delete spec[key];
  };
  if (isExternalName(spec) && !isExternalName(before)) {
    drop('clusterIP', 'clusterIPs');
    drop('ipFamilies');
    drop('ipFamilyPolicy');
  }
  if (takesNodePorts(before) && !takesNodePorts(spec)) {
    const held = nodePortsOf(before);
    if (nodePortsOf(spec).every((port) => held.includes(port)))
      for (const port of recordsAt(spec, 'ports')) delete port.nodePort;
  }
  if (needsHealthPort(before) && !needsHealthPort(spec)) drop('healthCheckNodePort');
  if (before.type === 'LoadBalancer' && spec.type !== 'LoadBalancer') {
    drop('allocateLoadBalancerNodePorts');
    drop('loadBalancerClass');
  }
  if (isExternallyAccessible(before) && !isExternallyAccessible(spec)) drop('externalTrafficPolicy');
}

const givesNodePorts = (spec: JsonRecord): boolean =>
  spec.type === 'NodePort' || (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false);

/** A client that leaves out what it was given means "as it was" (patchAllocatedValues). */
function keepAllocated(spec: JsonRecord, before: JsonRecord): void {
  if (!isExternalName(spec) && !isExternalName(before)) {
    if (stringAt(spec, 'clusterIP') === '' && before.clusterIP !== undefined) spec.clusterIP = before.clusterIP;
    if (addressesOf(spec).length === 0 && addressesOf(before).length > 0) spec.clusterIPs = before.clusterIPs;
  }
  if (givesNodePorts(spec) && givesNodePorts(before)) {
    const named = nodePortsOf(spec);
    const byName = new Map(
      recordsAt(before, 'ports').map((port) => [stringAt(port, 'name'), numberAt(port, 'nodePort')]),
    );
    for (const port of recordsAt(spec, 'ports')) {
      const held = byName.get(stringAt(port, 'name'));
      if ((port.nodePort ?? 0) === 0 && held !== undefined && !named.includes(held)) port.nodePort = held;
    }
  }
  const keepsHealth = needsHealthPort(spec) && needsHealthPort(before) && (spec.healthCheckNodePort ?? 0) === 0;
  if (keepsHealth && before.healthCheckNodePort !== undefined) spec.healthCheckNodePort = before.healthCheckNodePort;
}

export const serviceRules: KindRules = {
  name: 'label-1035',
  createOnUpdate: true,
  allocation: serviceAllocation,
  defaults: defaultService,
  prepareCreate: (object) => {
    alignAddresses(ensureRecord(object, 'spec'), undefined);
    object.status = { loadBalancer: {} };
  },
  prepareUpdate: (object, previous) => {
    const [spec, before] = [ensureRecord(object, 'spec'), recordAt(previous, 'spec')];
    keepAllocated(spec, before);
    alignAddresses(spec, before);
    dropTypeDependent(spec, before);
    if (spec.type !== 'LoadBalancer') object.status = { ...recordAt(object, 'status'), loadBalancer: {} };
  },
  validate: validateService,
  validateStatus: serviceStatusErrors,
  validateUpdate: (object, previous) => {
    const [spec, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
    const errors = [...addressChangeErrors(spec, before)];
    const areBalancers = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer';
    if (areBalancers && spec.loadBalancerClass !== before.loadBalancerClass)
      errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'));
    const haveHealthPorts = needsHealthPort(spec) && needsHealthPort(before);
    if (haveHealthPorts && !isSame(spec.healthCheckNodePort, before.healthCheckNodePort))
      errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'));
    return errors;
  },
};
