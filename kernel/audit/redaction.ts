/** Tokens and the data of Secrets are in no line of the audit log, whatever the policy says. */
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import type { AuditedRequest } from './policy.ts';

/** What an object of these resources hides, at whatever depth: lists, tables and patches have it deeper. */
const secretFields: Readonly<Record<string, readonly string[]>> = {
  '/secrets': ['data', 'stringData', 'kubectl.kubernetes.io/last-applied-configuration'],
  '/serviceaccounts/token': ['token'],
  'authentication.k8s.io/tokenreviews': ['token'],
};

export function withoutSecrets({ target }: AuditedRequest, value: unknown): unknown {
  if (target.kind === 'path') return value;
  const { group, resource, subresource } = target;
  const fields = secretFields[`${group}/${resource}${subresource === '' ? '' : `/${subresource}`}`];
  // The operations of a JSON patch have their values under any path.
  if (fields !== undefined && Array.isArray(value)) return undefined;
  return fields === undefined ? value : without(fields, value);
}

function without(fields: readonly string[], value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => without(fields, item));
  if (!isRecord(value)) return value;
  const kept = Object.entries(value).filter(([name]) => !fields.includes(name));
  return Object.fromEntries(kept.map(([name, inner]) => [name, without(fields, inner)]));
}

export function withoutManagedFields(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const bare = (object: JsonRecord): JsonRecord => {
    if (!isRecord(object.metadata)) return object;
    const { managedFields: _, ...metadata } = object.metadata;
    return { ...object, metadata };
  };
  const items = Array.isArray(value.items)
    ? { items: value.items.map((item) => (isRecord(item) ? bare(item) : item)) }
    : {};
  return { ...bare(value), ...items };
}
