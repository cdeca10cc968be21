/** Probes and lifecycle handlers of containers (pkg/apis/core/validation/validation.go, validateProbe, validateHandler). */
import { isIP } from 'node:net';
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, required } from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, numberAt, recordsAt, stringAt } from '../json.ts';
import { isPort, portNameProblems, portRange } from './pod-validation.ts';

const notNegative = 'must be greater than or equal to 0';

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

/** What a handler does, whichever it is. */
function actionErrors(probe: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [];
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
  return errors;
}

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

export function validateProbe(probe: JsonRecord, path: string, needsOneSuccess: boolean, errors: FieldError[]): void {
  const given = handlers.filter((name) => isRecord(probe[name]));
  if (given.length === 0) errors.push(required(path, 'must specify a handler type'));
  for (const extra of given.slice(1))
    errors.push(forbiddenField(`${path}.${extra}`, 'may not specify more than 1 handler type'));
  errors.push(...actionErrors(probe, path));
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

/** postStart and preStop: one action each; `sleep` is one too. */
export function validateLifecycle(lifecycle: JsonRecord, path: string): FieldError[] {
  return ['postStart', 'preStop'].flatMap((name) => {
    const handler = lifecycle[name];
    if (!isRecord(handler)) return [];
    const at = `${path}.${name}`;
    const given = ['exec', 'httpGet', 'tcpSocket', 'sleep'].filter((action) => isRecord(handler[action]));
    const errors = given
      .slice(1)
      .map((extra) => forbiddenField(`${at}.${extra}`, 'may not specify more than 1 handler type'));
    if (given.length === 0) errors.push(required(at, 'must specify a handler type'));
    return [...errors, ...actionErrors(handler, at)];
  });
}
