/** Validation of pod specs (kubernetes pkg/apis/core/validation/validation.go), for the fields people get wrong. */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import { labelProblems, subdomainProblems } from '../names.ts';
import { compareQuantities } from '../quantity.ts';
import { validateScheduling } from './pod-scheduling.ts';
import { validateMounts, validateVolumes } from './pod-volumes.ts';
import { validateLifecycle, validateProbe } from './probes.ts';

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
  errors.push(
    ...validateScheduling(spec, path),
    ...securityErrors(recordAt(spec, 'securityContext'), `${path}.securityContext`),
  );
  errors.push(...hostPortErrors(spec, path), ...podReferenceErrors(spec, path), ...procMountErrors(spec, path));
  return errors;
}

/** Only who is nobody on the machine may see all of its /proc. */
function procMountErrors(spec: JsonRecord, path: string): FieldError[] {
  return ['initContainers', 'containers', 'ephemeralContainers'].flatMap((list) =>
    recordsAt(spec, list).flatMap((container, index) => {
      const field = `${path}.${list}[${index}].securityContext.procMount`;
      const type = stringAt(container, 'securityContext', 'procMount');
      if (type !== '' && type !== 'Default' && type !== 'Unmasked')
        return [notSupported(field, type, ['Default', 'Unmasked'])];
      if (type !== 'Unmasked' || spec.hostUsers === false) return [];
      return [invalidValue(field, type, '`hostUsers` must be false to use `Unmasked`')];
    }),
  );
}

const largestId = 2147483647;

/** What containers and pods share of a security context: the numbers of users and groups. */
function securityErrors(context: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['runAsUser', 'runAsGroup', 'fsGroup']) {
    const id = numberAt(context, key);
    if (id !== undefined && (id < 0 || id > largestId))
      errors.push(invalidValue(`${path}.${key}`, id, `must be between 0 and ${largestId}, inclusive`));
  }
  for (const [index, id] of arrayAt(context, 'supplementalGroups').entries()) {
    const isGood = typeof id === 'number' && id >= 0 && id <= largestId;
    if (!isGood)
      errors.push(
        invalidValue(`${path}.supplementalGroups[${index}]`, id, `must be between 0 and ${largestId}, inclusive`),
      );
  }
  errors.push(...sysctlErrors(recordsAt(context, 'sysctls'), `${path}.sysctls`));
  const profile = context.seccompProfile;
  if (!isRecord(profile)) return errors;
  const type = stringAt(profile, 'type');
  const types = ['Localhost', 'RuntimeDefault', 'Unconfined'];
  if (type === '') errors.push(required(`${path}.seccompProfile.type`, 'type is required when seccompProfile is set'));
  else if (!types.includes(type)) errors.push(notSupported(`${path}.seccompProfile.type`, type, types));
  if (type === 'Localhost' && stringAt(profile, 'localhostProfile') === '')
    errors.push(required(`${path}.seccompProfile.localhostProfile`, 'must be set when seccomp type is Localhost'));
  return errors;
}

const sysctlPart = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlText = `^(${sysctlPart}[\\./])*${sysctlPart}$`;
const sysctlPattern = new RegExp(sysctlText);
const longestSysctl = 253;

function sysctlErrors(sysctls: readonly JsonRecord[], path: string): FieldError[] {
  const seen = new Set<string>();
  return sysctls.flatMap((sysctl, index) => {
    const field = `${path}[${index}].name`;
    const name = stringAt(sysctl, 'name');
    if (name === '') return [required(field)];
    const errors: FieldError[] = [];
    if (name.length > longestSysctl || !sysctlPattern.test(name))
      errors.push(
        invalidValue(field, name, `must have at most ${longestSysctl} characters and match regex ${sysctlText}`),
      );
    else if (seen.has(name)) errors.push(duplicateValue(field, name));
    seen.add(name);
    return errors;
  });
}

/** A port of the host can be taken once; with the host's network every port is one of the host. */
function hostPortErrors(spec: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const taken = new Set<string>();
  for (const [index, container] of recordsAt(spec, 'containers').entries()) {
    for (const [position, port] of recordsAt(container, 'ports').entries()) {
      const at = `${path}.containers[${index}].ports[${position}]`;
      const hostPort = numberAt(port, 'hostPort') ?? 0;
      if (spec.hostNetwork === true && hostPort !== 0 && hostPort !== port.containerPort) {
        const detail = 'must match `hostPort` when `hostNetwork` is true';
        errors.push(invalidValue(`${at}.containerPort`, port.containerPort, detail));
      }
      if (hostPort === 0) continue;
      const key = `${stringAt(port, 'protocol')}/${stringAt(port, 'hostIP')}/${hostPort}`;
      if (taken.has(key)) errors.push(duplicateValue(`${at}.hostPort`, key));
      taken.add(key);
    }
  }
  return errors;
}

const operatingSystems = ['linux', 'windows'];
const preemptions = ['Never', 'PreemptLowerPriority'];

/** Names of other things, and the few words that are one of a list. */
function podReferenceErrors(spec: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of ['nodeName', 'priorityClassName', 'runtimeClassName']) {
    const name = stringAt(spec, key);
    if (name !== '')
      errors.push(...subdomainProblems(name).map((problem) => invalidValue(`${path}.${key}`, name, problem)));
  }
  if (isRecord(spec.os)) {
    const name = stringAt(spec.os, 'name');
    if (name === '') errors.push(required(`${path}.os.name`, 'cannot be empty'));
    else if (!operatingSystems.includes(name)) errors.push(notSupported(`${path}.os.name`, name, operatingSystems));
  }
  const preemption = stringAt(spec, 'preemptionPolicy');
  if (preemption !== '' && !preemptions.includes(preemption))
    errors.push(notSupported(`${path}.preemptionPolicy`, preemption, preemptions));
  if (spec.shareProcessNamespace === true && spec.hostPID === true)
    errors.push(
      invalidValue(`${path}.shareProcessNamespace`, true, 'ShareProcessNamespace and HostPID cannot both be enabled'),
    );
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

const messagePolicies = ['FallbackToLogsOnError', 'File'];

/** Each source of a whole environment is one map or one secret. */
function environmentSourceErrors(sources: readonly JsonRecord[], path: string): FieldError[] {
  return sources.flatMap((source, index) => {
    const at = `${path}[${index}]`;
    const given = ['configMapRef', 'secretRef'].filter((key) => isRecord(source[key]));
    if (given.length === 0) return [invalidValue(at, '', 'must specify one of: `configMapRef` or `secretRef`')];
    const errors = given
      .filter((key) => stringAt(source, key, 'name') === '')
      .map((key) => required(`${at}.${key}.name`));
    return given.length === 1
      ? errors
      : [...errors, invalidValue(at, '', 'may not have more than one field specified at a time')];
  });
}

function containerSecurityErrors(context: JsonRecord, path: string): FieldError[] {
  const errors = securityErrors(context, path);
  if (context.privileged === true && context.allowPrivilegeEscalation === false)
    errors.push(invalidValue(path, context, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'));
  const adds = arrayAt(context, 'capabilities', 'add');
  if (context.allowPrivilegeEscalation === false && adds.includes('CAP_SYS_ADMIN'))
    errors.push(
      invalidValue(
        path,
        context,
        'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN',
      ),
    );
  return errors;
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
  errors.push(...environmentSourceErrors(recordsAt(container, 'envFrom'), `${path}.envFrom`));
  errors.push(...containerSecurityErrors(recordAt(container, 'securityContext'), `${path}.securityContext`));
  const messagePolicy = stringAt(container, 'terminationMessagePolicy');
  if (!messagePolicies.includes(messagePolicy))
    errors.push(notSupported(`${path}.terminationMessagePolicy`, messagePolicy, messagePolicies));
  errors.push(...validateLifecycle(recordAt(container, 'lifecycle'), `${path}.lifecycle`));
  const restartPolicy = stringAt(container, 'restartPolicy');
  if (isInit && restartPolicy !== '' && restartPolicy !== 'Always')
    errors.push(notSupported(`${path}.restartPolicy`, restartPolicy, ['Always']));
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
    for (const reference of ['configMapKeyRef', 'secretKeyRef']) {
      const value = variable.valueFrom[reference];
      if (!isRecord(value)) continue;
      for (const key of ['name', 'key'])
        if (stringAt(value, key) === '') errors.push(required(`${at}.valueFrom.${reference}.${key}`));
    }
    const resource = variable.valueFrom.resourceFieldRef;
    if (isRecord(resource) && stringAt(resource, 'resource') === '')
      errors.push(required(`${at}.valueFrom.resourceFieldRef.resource`));
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

/** A volume may also show all labels and annotations, and nothing that is known only once the pod runs. */
const mountableFields = /^metadata\.(name|namespace|uid|(labels|annotations)(\['.+'\])?)$/;

export function validateFieldReference(
  reference: unknown,
  path: string,
  errors: FieldError[],
  use: 'environment' | 'volume' = 'environment',
): void {
  if (!isRecord(reference)) return;
  const field = stringAt(reference, 'fieldPath');
  if (field === '') errors.push(required(`${path}.fieldPath`));
  else if (!(use === 'volume' ? mountableFields : referableFields).test(field)) {
    const detail = `error converting fieldPath: field label not supported: ${field}`;
    errors.push(invalidValue(`${path}.fieldPath`, field, detail));
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
