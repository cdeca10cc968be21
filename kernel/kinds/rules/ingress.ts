/** Ingresses (pkg/apis/networking/validation/validation.go). */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { invalidValue, notSupported, required } from '../field-errors.ts';
import { arrayAt, ensureRecord, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import type { KindRules, ObjectList, ObjectLookup } from '../kind.ts';
import { label1035Problems, subdomainProblems, wildcardProblems } from '../names.ts';
import { ingressStatusErrors } from './balancer-status.ts';
import { type Classes, defaultClass } from './default-class.ts';
import { isPort, portNameProblems, portRange } from './pod-validation.ts';

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

function hostErrors(host: string, at: string): FieldError[] {
  if (host === '') return [];
  if (isIP(host) !== 0) return [invalidValue(at, host, 'must be a DNS name, not an IP address')];
  const problems = host.includes('*') ? wildcardProblems(host) : subdomainProblems(host);
  return problems.map((problem) => invalidValue(at, host, problem));
}

/** What is wrong with having both or neither is said of the backend. */
function portErrors(port: JsonRecord, backendAt: string): FieldError[] {
  const at = `${backendAt}.service.port`;
  const name = stringAt(port, 'name');
  const hasNumber = port.number !== undefined && port.number !== 0;
  if (name !== '' && hasNumber) return [invalidValue(backendAt, '', 'cannot set both port name & port number')];
  if (name !== '') return portNameProblems(name).map((problem) => invalidValue(`${at}.name`, name, problem));
  if (!hasNumber) return [required(backendAt, 'port name or number is required')];
  return isPort(port.number) ? [] : [invalidValue(`${at}.number`, port.number, portRange)];
}

function backendErrors(backend: JsonRecord, at: string): FieldError[] {
  const { service, resource } = backend;
  if (service !== undefined && resource !== undefined)
    return [invalidValue(at, '', 'cannot set both resource and service backends')];
  if (resource !== undefined) return [];
  if (!isRecord(service)) return [invalidValue(at, '', 'resource or service backend is required')];
  const name = stringAt(service, 'name');
  const nameErrors =
    name === ''
      ? [required(`${at}.service.name`)]
      : label1035Problems(name).map((problem) => invalidValue(`${at}.service.name`, name, problem));
  return [...nameErrors, ...portErrors(recordAt(service, 'port'), at)];
}

const oddSequences = ['//', '/./', '/../', '%2f', '%2F'];
const oddEnds = ['/..', '/.'];

function pathErrors(path: JsonRecord, at: string): FieldError[] {
  const type = stringAt(path, 'pathType');
  if (type === '') return [required(`${at}.pathType`, 'pathType must be specified')];
  return [
    ...pathTextErrors(type, stringAt(path, 'path'), at),
    ...backendErrors(recordAt(path, 'backend'), `${at}.backend`),
  ];
}

function pathTextErrors(type: string, text: string, at: string): FieldError[] {
  if (!pathTypes.includes(type)) return [notSupported(`${at}.pathType`, type, pathTypes)];
  const isFree = type === 'ImplementationSpecific';
  const problems = text.startsWith('/') || (isFree && text === '') ? [] : ['must be an absolute path'];
  if (!isFree) {
    for (const part of oddSequences) if (text.includes(part)) problems.push(`must not contain '${part}'`);
    for (const end of oddEnds) if (text.endsWith(end)) problems.push(`cannot end with '${end}'`);
  }
  return problems.map((problem) => invalidValue(`${at}.path`, text, problem));
}

function ruleErrors(rule: JsonRecord, at: string): FieldError[] {
  const paths = recordsAt(rule, 'http', 'paths');
  const noPaths = rule.http !== undefined && paths.length === 0 ? [required(`${at}.http.paths`)] : [];
  return [
    ...hostErrors(stringAt(rule, 'host'), `${at}.host`),
    ...noPaths,
    ...paths.flatMap((path, index) => pathErrors(path, `${at}.http.paths[${index}]`)),
  ];
}

const classes: Classes = {
  group: 'networking.k8s.io',
  resource: 'ingressclasses',
  annotations: ['ingressclass.kubernetes.io/is-default-class'],
};

/** Upstream's plug-in DefaultIngressClass. */
function admitIngress(ingress: JsonRecord, _lookup: ObjectLookup, list: ObjectList): undefined {
  const spec = ensureRecord(ingress, 'spec');
  const old = recordAt(ingress, 'metadata', 'annotations')['kubernetes.io/ingress.class'];
  if (spec.ingressClassName !== undefined || old !== undefined) return;
  const name = defaultClass(classes, list);
  if (name !== '') spec.ingressClassName = name;
}

export const ingressRules: KindRules = {
  validateStatus: ingressStatusErrors,
  generation: true,
  admitCreate: admitIngress,
  prepareCreate: (object) => {
    object.status = { loadBalancer: {} };
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const rules = recordsAt(spec, 'rules');
    const errors: FieldError[] = [];
    if (rules.length === 0 && spec.defaultBackend === undefined)
      errors.push(invalidValue('spec', spec.rules ?? null, 'either `defaultBackend` or `rules` must be specified'));
    if (isRecord(spec.defaultBackend)) errors.push(...backendErrors(spec.defaultBackend, 'spec.defaultBackend'));
    for (const [index, entry] of recordsAt(spec, 'tls').entries())
      for (const [at, host] of hostsOf(entry).entries())
        errors.push(...hostErrors(host, `spec.tls[${index}].hosts[${at}]`));
    return [...errors, ...rules.flatMap((rule, index) => ruleErrors(rule, `spec.rules[${index}]`))];
  },
};

function hostsOf(entry: JsonRecord): readonly string[] {
  return arrayAt(entry, 'hosts').filter((host) => typeof host === 'string');
}
