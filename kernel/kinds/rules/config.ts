/** ConfigMaps and Secrets. */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, immutable, invalidValue, required, tooLong } from '../field-errors.ts';
import { deepEqual, isRecord, type JsonRecord, lookup, recordAt, setDefault } from '../json.ts';
import type { KindRules } from '../kind.ts';

const sizeLimitBytes = 1024 * 1024;
const keyPattern = /^[-._a-zA-Z0-9]+$/;
const keyMessage =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";

function keyErrors(data: JsonRecord, field: string): FieldError[] {
  return Object.keys(data).flatMap((key) => {
    const at = `${field}[${key}]`;
    if (key.length > 253) return [invalidValue(at, key, 'must be no more than 253 characters')];
    if (key === '.' || key === '..') return [invalidValue(at, key, `may not be '${key}'`)];
    return keyPattern.test(key) ? [] : [invalidValue(at, key, keyMessage)];
  });
}

function sizeOf(data: JsonRecord): number {
  return Object.values(data).reduce<number>((sum, value) => sum + String(value).length, 0);
}

/** What `immutable: true` forbids: itself going away and any change of the data. */
function immutableErrors(object: JsonRecord, previous: JsonRecord, fields: readonly string[]): FieldError[] {
  if (previous.immutable !== true) return [];
  const changed = fields.filter((field) => !deepEqual(object[field] ?? {}, previous[field] ?? {}));
  if (object.immutable !== true) changed.unshift('immutable');
  return changed.map((field) => forbiddenField(field, 'field is immutable when `immutable` is set'));
}

export const configMapRules: KindRules = {
  validate: (object) => {
    const [data, binary] = [recordAt(object, 'data'), recordAt(object, 'binaryData')];
    const errors = [...keyErrors(data, 'data'), ...keyErrors(binary, 'binaryData')];
    for (const key of Object.keys(binary)) {
      if (Object.hasOwn(data, key))
        errors.push(invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData'));
    }
    if (sizeOf(data) + (sizeOf(binary) * 3) / 4 > sizeLimitBytes) {
      errors.push(tooLong('', `may not be more than ${sizeLimitBytes} bytes`));
    }
    return errors;
  },
  validateUpdate: (object, previous) => immutableErrors(object, previous, ['data', 'binaryData']),
};

/** What a Secret of a type must hold. */
const requiredKeys = lookup<readonly string[]>({
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
});

/** Registry credentials are JSON; a token names whose it is; a password or at least a name. */
function typeErrors(object: JsonRecord, data: JsonRecord): FieldError[] {
  switch (object.type) {
    case 'kubernetes.io/dockercfg':
      return jsonErrors(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return jsonErrors(data, '.dockerconfigjson');
    case 'kubernetes.io/service-account-token': {
      const key = 'kubernetes.io/service-account.name';
      return recordAt(object, 'metadata', 'annotations')[key] === undefined
        ? [required(`metadata.annotations[${key}]`)]
        : [];
    }
    case 'kubernetes.io/basic-auth': {
      const isThere = ['username', 'password'].some((key) => Object.hasOwn(data, key));
      return isThere ? [] : [required('data[username]'), required('data[password]')];
    }
    default:
      return [];
  }
}

function jsonErrors(data: JsonRecord, key: string): FieldError[] {
  if (typeof data[key] !== 'string') return [];
  try {
    JSON.parse(Buffer.from(data[key], 'base64').toString('utf8'));
    return [];
  } catch (error) {
    // The content is a secret: what is wrong with it is said, it is not.
    const why = error instanceof SyntaxError ? 'invalid JSON' : 'unreadable';
    return [invalidValue(`data[${key}]`, '<secret contents redacted>', why)];
  }
}

export const secretRules: KindRules = {
  defaults: (object) => {
    setDefault(object, 'type', 'Opaque');
    if (!isRecord(object.stringData)) return;
    const data: JsonRecord = isRecord(object.data) ? object.data : {};
    for (const [key, value] of Object.entries(object.stringData))
      data[key] = Buffer.from(String(value)).toString('base64');
    object.data = data;
    delete object.stringData;
  },
  validate: (object) => {
    const data = recordAt(object, 'data');
    const errors = keyErrors(data, 'data');
    errors.push(...typeErrors(object, data));
    for (const key of requiredKeys.get(String(object.type)) ?? []) {
      if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`));
    }
    if ((sizeOf(data) * 3) / 4 > sizeLimitBytes)
      errors.push(tooLong('data', `may not be more than ${sizeLimitBytes} bytes`));
    return errors;
  },
  validateUpdate: (object, previous) => [
    ...(object.type === previous.type ? [] : [immutable('type', object.type)]),
    ...immutableErrors(object, previous, ['data']),
  ],
};
