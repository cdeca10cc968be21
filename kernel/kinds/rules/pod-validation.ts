/** Validation of pod specs (kubernetes pkg/apis/core/validation/validation.go), for the fields people get wrong. */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, invalidValue, notSupported, quote, required } from '../field-errors.ts';
import {
  arrayAt,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  semanticallyEqual,
  semanticText,
  stringAt,
} from '../json.ts';
import { labelProblems, subdomainProblems } from '../names.ts';
import { compareQuantities } from '../quantity.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const notNegative = 'must be greater than or equal to 0';
export const portRange = 'must be between 1 and 65535, inclusive';

export const isPort = (value: unknown): boolean => typeof value === 'number' && value >= 1 && value <= 65535;

export function validatePodSpec(
  spec: JsonRecord,
  path: string,
  restartPolicies: readonly string[] = ['Always', 'OnFailure', 'Never'],
): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = validateVolumes(recordsAt(spec, 'volumes'), `${path}.volumes`, errors);
  const names = new Set<string>();
  if (arrayAt(spec, 'containers').length === 0) errors.push(required(`${path}.containers`));
  for (const list of ['containers', 'initContainers']) {
    for (const [index, container] of recordsAt(spec, list).entries()) {
      validateContainer(container, `${path}.${list}[${index}]`, names, volumes, errors, list === 'initContainers');
    }
  }
  const restartPolicy = stringAt(spec, 'restartPolicy');
  if (restartPolicy === '') errors.push(required(`${path}.restartPolicy`));
  else if (!restartPolicies.includes(restartPolicy)) {
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies));
  }
  const dnsPolicies = ['ClusterFirst', 'ClusterFirstWithHostNet', 'Default', 'None'];
  const dnsPolicy = stringAt(spec, 'dnsPolicy');
  if (!dnsPolicies.includes(dnsPolicy)) errors.push(notSupported(`${path}.dnsPolicy`, dnsPolicy, dnsPolicies));
  validateNumbers(spec, path, errors);
  for (const key of ['hostname', 'subdomain']) {
    const name = stringAt(spec, key);
    if (name !== '')
      errors.push(...labelProblems(name).map((problem) => invalidValue(`${path}.${key}`, name, problem)));
  }
  const account = stringAt(spec, 'serviceAccountName');
  if (account !== '') {
    const field = `${path}.serviceAccountName`;
    errors.push(...subdomainProblems(account).map((problem) => invalidValue(field, account, problem)));
  }
  validateTolerations(recordsAt(spec, 'tolerations'), `${path}.tolerations`, errors);
  return errors;
}

function validateNumbers(spec: JsonRecord, path: string, errors: FieldError[]): void {
  const grace = numberAt(spec, 'terminationGracePeriodSeconds');
  if (grace !== undefined && grace < 0)
    errors.push(invalidValue(`${path}.terminationGracePeriodSeconds`, grace, notNegative));
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && (deadline < 1 || deadline > 2147483647)) {
    errors.push(invalidValue(`${path}.activeDeadlineSeconds`, deadline, 'must be between 1 and 2147483647, inclusive'));
  }
}

export function validateTolerations(tolerations: readonly JsonRecord[], path: string, errors: FieldError[]): void {
  for (const [index, toleration] of tolerations.entries()) {
    const at = `${path}[${index}]`;
    const operator = stringAt(toleration, 'operator');
    if (!['', 'Equal', 'Exists', 'Lt', 'Gt'].includes(operator)) {
      errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
    }
    if (stringAt(toleration, 'key') === '' && operator !== 'Exists') {
      errors.push(
        invalidValue(
          `${at}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
    const effect = stringAt(toleration, 'effect');
    if (effect !== '' && !effects.includes(effect)) errors.push(notSupported(`${at}.effect`, effect, effects));
  }
}

function validateVolumes(volumes: readonly JsonRecord[], path: string, errors: FieldError[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(volume, 'name');
    if (name === '') errors.push(required(`${at}.name`));
    else errors.push(...labelProblems(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
    if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name));
    names.add(name);
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    for (const extra of sources.slice(1))
      errors.push(forbiddenField(`${at}.${extra}`, 'may not specify more than 1 volume type'));
    if (isRecord(volume.hostPath) && stringAt(volume.hostPath, 'path') === '')
      errors.push(required(`${at}.hostPath.path`));
    if (isRecord(volume.secret) && stringAt(volume.secret, 'secretName') === '')
      errors.push(required(`${at}.secret.secretName`));
    if (isRecord(volume.configMap) && stringAt(volume.configMap, 'name') === '')
      errors.push(required(`${at}.configMap.name`));
  }
  return names;
}

function validateContainer(
  container: JsonRecord,
  path: string,
  names: Set<string>,
  volumes: ReadonlySet<string>,
  errors: FieldError[],
  isInit: boolean,
): void {
  const name = stringAt(container, 'name');
  if (name === '') errors.push(required(`${path}.name`));
  else errors.push(...labelProblems(name).map((problem) => invalidValue(`${path}.name`, name, problem)));
  if (name !== '' && names.has(name)) errors.push(duplicateValue(`${path}.name`, name));
  names.add(name);
  const image = stringAt(container, 'image');
  if (image === '') errors.push(required(`${path}.image`));
  else if (image !== image.trim())
    errors.push(invalidValue(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  const pullPolicy = stringAt(container, 'imagePullPolicy');
  const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
  if (!pullPolicies.includes(pullPolicy))
    errors.push(notSupported(`${path}.imagePullPolicy`, pullPolicy, pullPolicies));
  validateContainerPorts(recordsAt(container, 'ports'), `${path}.ports`, errors);
  validateEnvironment(recordsAt(container, 'env'), `${path}.env`, errors);
  validateMounts(recordsAt(container, 'volumeMounts'), `${path}.volumeMounts`, volumes, errors);
  validateResources(recordAt(container, 'resources'), `${path}.resources`, errors);
  const isSidecar = isInit && stringAt(container, 'restartPolicy') === 'Always';
  for (const probeName of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[probeName];
    if (!isRecord(probe)) continue;
    if (isInit && !isSidecar)
      errors.push(
        forbiddenField(`${path}.${probeName}`, 'may not be set for init containers without restartPolicy=Always'),
      );
    else validateProbe(probe, `${path}.${probeName}`, probeName !== 'readinessProbe', errors);
  }
}

const portNamePattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

export function portNameProblems(name: string): readonly string[] {
  const problems: string[] = [];
  if (name.length > 15) problems.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(name))
    problems.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  else if (!/[a-z]/.test(name)) problems.push('must contain at least one letter (a-z)');
  else if (name.includes('--')) problems.push('must not contain consecutive hyphens');
  else if (!portNamePattern.test(name)) problems.push('must not begin or end with a hyphen');
  return problems;
}

function validateContainerPorts(ports: readonly JsonRecord[], path: string, errors: FieldError[]): void {
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(port, 'name');
    if (name !== '') {
      errors.push(...portNameProblems(name).map((problem) => invalidValue(`${at}.name`, name, problem)));
      if (names.has(name)) errors.push(duplicateValue(`${at}.name`, name));
      names.add(name);
    }
    const number = port.containerPort;
    if (number === undefined || number === 0) errors.push(required(`${at}.containerPort`));
    else if (!isPort(number)) errors.push(invalidValue(`${at}.containerPort`, number, portRange));
    if (port.hostPort !== undefined && port.hostPort !== 0 && !isPort(port.hostPort)) {
      errors.push(invalidValue(`${at}.hostPort`, port.hostPort, portRange));
    }
    const protocol = stringAt(port, 'protocol');
    if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols));
  }
}

function validateEnvironment(variables: readonly JsonRecord[], path: string, errors: FieldError[]): void {
  for (const [index, variable] of variables.entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(variable, 'name');
    if (name === '') errors.push(required(`${at}.name`));
    else if (!/^[ -<>-~]+$/.test(name)) {
      const detail = "a valid environment variable name must consist only of printable ASCII characters other than '='";
      errors.push(invalidValue(`${at}.name`, name, detail));
    }
    if (!isRecord(variable.valueFrom)) continue;
    const sources = Object.keys(variable.valueFrom);
    validateFieldReference(variable.valueFrom.fieldRef, `${at}.valueFrom.fieldRef`, errors);
    if (stringAt(variable, 'value') !== '') {
      errors.push(invalidValue(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty'));
    } else if (sources.length === 0)
      errors.push(
        invalidValue(
          `${at}.valueFrom`,
          '',
          'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`',
        ),
      );
    else if (sources.length > 1)
      errors.push(invalidValue(`${at}.valueFrom`, '', 'may not have more than one field specified at a time'));
  }
}

const referableFields =
  /^(metadata\.(name|namespace|uid|labels\['.+'\]|annotations\['.+'\])|spec\.(nodeName|serviceAccountName)|status\.(hostIPs?|podIPs?))$/;

function validateFieldReference(reference: unknown, path: string, errors: FieldError[]): void {
  if (!isRecord(reference)) return;
  const field = stringAt(reference, 'fieldPath');
  if (field === '') errors.push(required(`${path}.fieldPath`));
  else if (!referableFields.test(field)) {
    const detail = `error converting fieldPath: field label not supported: ${field}`;
    errors.push(invalidValue(`${path}.fieldPath`, field, detail));
  }
}

function validateMounts(
  mounts: readonly JsonRecord[],
  path: string,
  volumes: ReadonlySet<string>,
  errors: FieldError[],
): void {
  const paths = new Set<string>();
  for (const [index, mount] of mounts.entries()) {
    const at = `${path}[${index}]`;
    const name = stringAt(mount, 'name');
    if (name === '') errors.push(required(`${at}.name`));
    else if (!volumes.has(name)) {
      errors.push({ reason: 'FieldValueNotFound', field: `${at}.name`, message: `Not found: ${quote(name)}` });
    }
    const mountPath = stringAt(mount, 'mountPath');
    if (mountPath === '') errors.push(required(`${at}.mountPath`));
    if (paths.has(mountPath)) errors.push(invalidValue(`${at}.mountPath`, mountPath, 'must be unique'));
    paths.add(mountPath);
  }
}

function validateResources(resources: JsonRecord, path: string, errors: FieldError[]): void {
  const limits = recordAt(resources, 'limits');
  for (const kind of ['limits', 'requests'] as const) {
    for (const [name, value] of Object.entries(recordAt(resources, kind))) {
      const at = `${path}.${kind}[${name}]`;
      if (compareQuantities(String(value), '0') < 0) errors.push(invalidValue(at, value, notNegative));
      if (!/^(cpu|memory|ephemeral-storage|storage|hugepages-.+|.+\/.+)$/.test(name)) {
        errors.push(invalidValue(at, name, 'must be a standard resource type or fully qualified'));
        errors.push(invalidValue(at, name, 'must be a standard resource for containers'));
      }
    }
  }
  for (const [name, value] of Object.entries(recordAt(resources, 'requests'))) {
    const limit = limits[name];
    if (limit !== undefined && compareQuantities(String(value), String(limit)) > 0) {
      errors.push(
        invalidValue(`${path}.requests`, value, `must be less than or equal to ${name} limit of ${String(limit)}`),
      );
    }
  }
}

/** apimachinery's IsHTTPHeaderName: fewer than the tokens of RFC 9110 §5.6.2. */
const headerNamePattern = /^[-A-Za-z0-9]+$/;
const headerNameMessage =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
/** What a resolver takes: more than the name of an object may be. */
const hostNamePattern = /^[A-Za-z0-9_][-A-Za-z0-9_.]{0,253}$/;
const hostMessage = 'must be a host name or an IP address';

/** Whom a probe asks, and with which header. */
function probeHostProblems(action: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const host = stringAt(action, 'host');
  if (host !== '' && isIP(host) === 0 && !hostNamePattern.test(host))
    errors.push(invalidValue(`${path}.host`, host, hostMessage));
  for (const [index, header] of recordsAt(action, 'httpHeaders').entries()) {
    const at = `${path}.httpHeaders[${index}]`;
    const name = stringAt(header, 'name');
    if (!headerNamePattern.test(name)) errors.push(invalidValue(`${at}.name`, name, headerNameMessage));
  }
  return errors;
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

function validateProbe(probe: JsonRecord, path: string, needsOneSuccess: boolean, errors: FieldError[]): void {
  const given = handlers.filter((name) => isRecord(probe[name]));
  if (given.length === 0) errors.push(required(path, 'must specify a handler type'));
  for (const extra of given.slice(1))
    errors.push(forbiddenField(`${path}.${extra}`, 'may not specify more than 1 handler type'));
  for (const name of ['httpGet', 'tcpSocket'] as const) {
    if (!isRecord(probe[name])) continue;
    const { port } = probe[name];
    if (typeof port === 'string') {
      errors.push(...portNameProblems(port).map((problem) => invalidValue(`${path}.${name}.port`, port, problem)));
    } else if (!isPort(port)) errors.push(invalidValue(`${path}.${name}.port`, port ?? 0, portRange));
    errors.push(...probeHostProblems(probe[name], `${path}.${name}`));
  }
  if (isRecord(probe.exec) && arrayAt(probe.exec, 'command').length === 0)
    errors.push(required(`${path}.exec.command`));
  for (const key of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ]) {
    const value = numberAt(probe, key);
    if (value !== undefined && value < 0) errors.push(invalidValue(`${path}.${key}`, value, notNegative));
  }
  const successes = numberAt(probe, 'successThreshold');
  if (needsOneSuccess && successes !== undefined && successes !== 1) {
    errors.push(invalidValue(`${path}.successThreshold`, successes, 'must be 1'));
  }
}

/** A pod's spec is fixed once created, but for a few fields (ValidatePodUpdate). */
export function validatePodUpdate(pod: JsonRecord, previous: JsonRecord): FieldError[] {
  const comparable = (object: JsonRecord): JsonRecord => {
    const spec = structuredClone(recordAt(object, 'spec'));
    for (const list of ['containers', 'initContainers'])
      for (const container of recordsAt(spec, list)) delete container.image;
    for (const key of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates']) delete spec[key];
    return spec;
  };
  const errors: FieldError[] = [];
  const [after, before] = [comparable(pod), comparable(previous)];
  if (!semanticallyEqual(after, before)) {
    const changed = [...new Set([...Object.keys(after), ...Object.keys(before)])].filter(
      (key) => !semanticallyEqual(after[key], before[key]),
    );
    errors.push(
      forbiddenField(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)' +
          `\n@@ ${changed.map((key) => `spec.${key}`).join(', ')} @@`,
      ),
    );
  }
  const kept = new Set(recordsAt(pod, 'spec', 'tolerations').map(semanticText));
  if (recordsAt(previous, 'spec', 'tolerations').some((old) => !kept.has(semanticText(old)))) {
    errors.push(
      forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
    );
  }
  return errors;
}
