/** Services and where they lead: Endpoints, EndpointSlices. */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import {
  duplicateValue,
  forbiddenField,
  immutable,
  invalidValue,
  notSupported,
  required,
  tooMany,
} from '../field-errors.ts';
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
import { isPort, portNameProblems, portRange } from './pod-validation.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
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
  const isExternal = spec.type === 'ExternalName';
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') setDefault(spec, 'externalTrafficPolicy', 'Cluster');
  if (spec.type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
  if (isExternal) return;
  setDefault(spec, 'internalTrafficPolicy', 'Cluster');
  if (arrayAt(spec, 'ipFamilies').length === 0) spec.ipFamilies = ['IPv4'];
  setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
  // clusterIP and clusterIPs[0] are the same field in two versions of the API.
  const address = stringAt(spec, 'clusterIP');
  const [first] = arrayAt(spec, 'clusterIPs');
  if (address !== '' && first === undefined) spec.clusterIPs = [address];
  else if (address === '' && typeof first === 'string') spec.clusterIP = first;
}

function validateService(object: JsonRecord): FieldError[] {
  const spec = recordAt(object, 'spec');
  const errors: FieldError[] = [];
  const type = stringAt(spec, 'type');
  const address = stringAt(spec, 'clusterIP');
  const ports = recordsAt(spec, 'ports');
  if (!types.includes(type)) errors.push(notSupported('spec.type', type, types));
  if (ports.length === 0 && address !== 'None' && type !== 'ExternalName') errors.push(required('spec.ports'));
  if (type === 'ExternalName') {
    const name = stringAt(spec, 'externalName');
    if (name === '') errors.push(required('spec.externalName'));
    else
      errors.push(
        ...subdomainProblems(name.replace(/\.$/, '')).map((problem) =>
          invalidValue('spec.externalName', name, problem),
        ),
      );
    if (address !== '') errors.push(forbiddenField('spec.clusterIPs', "may not be set when `type` is 'ExternalName'"));
  } else if (address !== '' && address !== 'None' && !/^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]+)$/.test(address)) {
    errors.push(
      invalidValue('spec.clusterIPs[0]', address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
    );
  }
  if (type === 'LoadBalancer' && address === 'None')
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', "may not be set to 'None' for LoadBalancer services"));
  if (type === 'NodePort' && address === 'None')
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', "may not be set to 'None' for NodePort services"));
  errors.push(...validateServicePorts(ports, type));
  errors.push(...validateLabels(recordAt(spec, 'selector'), 'spec.selector'));
  const affinities = ['ClientIP', 'None'];
  const affinity = stringAt(spec, 'sessionAffinity');
  if (!affinities.includes(affinity)) errors.push(notSupported('spec.sessionAffinity', affinity, affinities));
  return [...errors, ...affinityErrors(spec), ...trafficErrors(spec, type), ...addressListErrors(spec)];
}

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

/** What only services with a port or a balancer outside have. */
function trafficErrors(spec: JsonRecord, type: string): FieldError[] {
  const errors: FieldError[] = [];
  const isOutside = type === 'NodePort' || type === 'LoadBalancer';
  for (const key of ['externalTrafficPolicy', 'internalTrafficPolicy']) {
    const policy = stringAt(spec, key);
    if (policy === '') continue;
    if (!trafficPolicies.includes(policy)) errors.push(notSupported(`spec.${key}`, policy, trafficPolicies));
  }
  const hasExternal = isOutside || arrayAt(spec, 'externalIPs').length > 0;
  if (stringAt(spec, 'externalTrafficPolicy') !== '' && !hasExternal)
    errors.push(
      invalidValue(
        'spec.externalTrafficPolicy',
        spec.externalTrafficPolicy,
        'may only be set for externally-accessible services',
      ),
    );
  if (type === 'LoadBalancer') return errors;
  if (stringAt(spec, 'loadBalancerClass') !== '')
    errors.push(forbiddenField('spec.loadBalancerClass', "may only be used when `type` is 'LoadBalancer'"));
  if (spec.allocateLoadBalancerNodePorts !== undefined)
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', "may only be used when `type` is 'LoadBalancer'"));
  if (arrayAt(spec, 'loadBalancerSourceRanges').length > 0)
    errors.push(forbiddenField('spec.loadBalancerSourceRanges', "may only be used when `type` is 'LoadBalancer'"));
  return errors;
}

const families = ['IPv4', 'IPv6'];
const familyPolicies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const notAnAddress = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const notABlock = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

function addressListErrors(spec: JsonRecord): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, address] of arrayAt(spec, 'externalIPs').map(String).entries()) {
    if (isIP(address) === 0) errors.push(invalidValue(`spec.externalIPs[${index}]`, address, notAnAddress));
  }
  for (const [index, block] of arrayAt(spec, 'loadBalancerSourceRanges').map(String).entries())
    if (!isAddressBlock(block.trim()))
      errors.push(invalidValue(`spec.loadBalancerSourceRanges[${index}]`, block, notABlock));
  for (const [index, family] of arrayAt(spec, 'ipFamilies').map(String).entries())
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${index}]`, family, families));
  const policy = stringAt(spec, 'ipFamilyPolicy');
  if (policy !== '' && !familyPolicies.includes(policy))
    errors.push(notSupported('spec.ipFamilyPolicy', policy, familyPolicies));
  return errors;
}

function validateServicePorts(ports: readonly JsonRecord[], type: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const numbers = new Set<string>();
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

/** What goes with a type goes with it, unless this very write says otherwise (registry/core/service, dropTypeDependentFields). */
function dropTypeDependent(spec: JsonRecord, before: JsonRecord): void {
  if (spec.type === before.type) return;
  const drop = (key: string): void => {
    if (semanticallyEqual(spec[key], before[key])) delete spec[key];
  };
  if (spec.type === 'ExternalName') for (const key of externalNameDrops) drop(key);
  if (spec.type !== 'LoadBalancer') for (const key of balancerFields) drop(key);
  if (spec.type === 'LoadBalancer' || spec.type === 'NodePort') return;
  if (arrayAt(spec, 'externalIPs').length === 0) drop('externalTrafficPolicy');
  const taken = new Set(recordsAt(before, 'ports').map(({ nodePort }) => nodePort));
  for (const port of recordsAt(spec, 'ports')) if (taken.has(port.nodePort)) delete port.nodePort;
}

const externalNameDrops = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'];
const balancerFields = ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'healthCheckNodePort'];

export const serviceRules: KindRules = {
  name: 'label-1035',
  createOnUpdate: true,
  defaults: defaultService,
  prepareCreate: (object) => {
    object.status = { loadBalancer: {} };
  },
  prepareUpdate: (object, previous) => {
    const [spec, before] = [ensureRecord(object, 'spec'), recordAt(previous, 'spec')];
    dropTypeDependent(spec, before);
    if (spec.type === 'ExternalName') return;
    // A client that leaves allocated fields out means "as it was".
    if (before.type !== 'ExternalName' && stringAt(spec, 'clusterIP') === '' && stringAt(before, 'clusterIP') !== '') {
      spec.clusterIP = before.clusterIP;
      if (arrayAt(before, 'clusterIPs').length > 0) spec.clusterIPs = before.clusterIPs;
    }
    for (const port of recordsAt(spec, 'ports')) {
      const same = recordsAt(before, 'ports').find((old) => old.port === port.port && old.protocol === port.protocol);
      const keepsNodePort = spec.type !== 'ClusterIP' && port.nodePort === undefined && same?.nodePort !== undefined;
      if (keepsNodePort) port.nodePort = same.nodePort;
    }
  },
  validate: validateService,
  validateUpdate: (object, previous) => {
    const [spec, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
    const [after, address] = [stringAt(spec, 'clusterIP'), stringAt(before, 'clusterIP')];
    const isExempt = before.type === 'ExternalName' || spec.type === 'ExternalName' || address === '';
    if (isExempt || after === address) return [];
    return [invalidValue('spec.clusterIPs[0]', arrayAt(spec, 'clusterIPs'), 'may not change once set')];
  },
};

export const endpointsRules: KindRules = {
  createOnUpdate: true,
  defaults: (object) => {
    for (const subset of recordsAt(object, 'subsets'))
      for (const port of recordsAt(subset, 'ports')) setDefault(port, 'protocol', 'TCP');
  },
  validate: (object) =>
    recordsAt(object, 'subsets').flatMap((subset, index) => {
      const at = `subsets[${index}]`;
      const hasAddress = arrayAt(subset, 'addresses').length + arrayAt(subset, 'notReadyAddresses').length > 0;
      const addressErrors = ['addresses', 'notReadyAddresses'].flatMap((key) =>
        recordsAt(subset, key).flatMap((address, position) => {
          const text = stringAt(address, 'ip');
          const field = `${at}.${key}[${position}].ip`;
          return isIP(text) === 0 ? [invalidValue(field, text, notAnAddress)] : [];
        }),
      );
      return [
        ...(hasAddress ? [] : [required(at, 'must specify `addresses` or `notReadyAddresses`')]),
        ...addressErrors,
        ...endpointPortErrors(recordsAt(subset, 'ports'), `${at}.ports`),
      ];
    }),
};

function endpointPortErrors(ports: readonly JsonRecord[], path: string): FieldError[] {
  return ports.flatMap((port, index) => {
    const at = `${path}[${index}]`;
    const name = stringAt(port, 'name');
    const errors: FieldError[] = [];
    if (name === '' && ports.length > 1) errors.push(required(`${at}.name`));
    else if (name !== '')
      errors.push(...labelProblems(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
    if (!isPort(port.port)) errors.push(invalidValue(`${at}.port`, port.port ?? 0, portRange));
    const protocol = stringAt(port, 'protocol');
    if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols));
    return errors;
  });
}

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];

const mostEndpoints = 1000;
const mostAddresses = 100;
const mostPorts = 100;

function endpointErrors(endpoint: JsonRecord, at: string, type: string): FieldError[] {
  const addresses = arrayAt(endpoint, 'addresses').map(String);
  if (addresses.length === 0) return [required(`${at}.addresses`, 'must contain at least 1 address')];
  if (addresses.length > mostAddresses) return [tooMany(`${at}.addresses`, addresses.length, mostAddresses)];
  const errors = addresses.flatMap((address, index) => {
    const field = `${at}.addresses[${index}]`;
    if (type === 'FQDN') return subdomainProblems(address).map((problem) => invalidValue(field, address, problem));
    const family = type === 'IPv6' ? 6 : 4;
    return isIP(address) === family ? [] : [invalidValue(field, address, `must be an ${type} address`)];
  });
  const node = stringAt(endpoint, 'nodeName');
  if (node !== '')
    errors.push(...subdomainProblems(node).map((problem) => invalidValue(`${at}.nodeName`, node, problem)));
  const host = stringAt(endpoint, 'hostname');
  if (host !== '') errors.push(...labelProblems(host).map((problem) => invalidValue(`${at}.hostname`, host, problem)));
  return errors;
}

function slicePortErrors(ports: readonly JsonRecord[]): FieldError[] {
  if (ports.length > mostPorts) return [tooMany('ports', ports.length, mostPorts)];
  const names = new Set<string>();
  return ports.flatMap((port, index) => {
    const at = `ports[${index}]`;
    const [name, protocol] = [stringAt(port, 'name'), stringAt(port, 'protocol')];
    const errors: FieldError[] = [];
    if (name !== '') errors.push(...labelProblems(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
    if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name));
    names.add(name);
    if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols));
    if (port.port !== undefined && !isPort(port.port)) errors.push(invalidValue(`${at}.port`, port.port, portRange));
    return errors;
  });
}

export const endpointSliceRules: KindRules = {
  generation: true,
  defaults: (object) => {
    for (const port of recordsAt(object, 'ports')) {
      if (port.name === undefined) port.name = '';
      setDefault(port, 'protocol', 'TCP');
    }
  },
  validate: (object) => {
    const type = stringAt(object, 'addressType');
    const errors: FieldError[] = [];
    if (type === '') errors.push(required('addressType'));
    else if (!addressTypes.includes(type)) errors.push(notSupported('addressType', type, addressTypes));
    const endpoints = recordsAt(object, 'endpoints');
    if (endpoints.length > mostEndpoints) errors.push(tooMany('endpoints', endpoints.length, mostEndpoints));
    for (const [index, endpoint] of endpoints.entries())
      errors.push(...endpointErrors(endpoint, `endpoints[${index}]`, type));
    return [...errors, ...slicePortErrors(recordsAt(object, 'ports'))];
  },
  validateUpdate: (object, previous) =>
    object.addressType === previous.addressType ? [] : [immutable('addressType', object.addressType)],
};
