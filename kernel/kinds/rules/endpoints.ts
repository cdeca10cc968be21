/** Where Services lead: Endpoints, EndpointSlices. */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, immutable, invalidValue, notSupported, required, tooMany } from '../field-errors.ts';
import { arrayAt, type JsonRecord, recordsAt, setDefault, stringAt } from '../json.ts';
import type { KindRules } from '../kind.ts';
import { labelProblems, subdomainProblems } from '../names.ts';
import { isPort, portRange } from './pod-validation.ts';
import { protocols } from './service.ts';
import { notAnAddress } from './service-addresses.ts';

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
