/** One line of the audit log: audit.k8s.io/v1 Event (apiserver pkg/apis/audit/v1/types.go). */
import type { ApiRequest, Identity } from '@diatom/sdk/api';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../kinds/json.ts';
import type { AuditedRequest, Level, Stage } from './policy.ts';
import { withoutManagedFields, withoutSecrets } from './redaction.ts';

/** What is known of a request when it arrives. */
export interface Arrival {
  readonly request: ApiRequest;
  readonly audited: AuditedRequest;
  /** The version in the path of a resource. */
  readonly apiVersion: string;
  readonly auditId: string;
  readonly user: Identity;
  /** Undefined: nobody acts as somebody else. */
  readonly impersonated: Identity | undefined;
  readonly receivedAtMs: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** What is known of its answer. */
export interface Outcome {
  readonly code: number;
  /** Objects only, undefined where there is none or it is no JSON. */
  readonly requestObject: unknown;
  readonly responseObject: unknown;
}

export interface EventOptions {
  readonly level: Exclude<Level, 'None'>;
  readonly stage: Stage;
  readonly omitManagedFields: boolean;
  readonly atMs: number;
}

export function eventOf(arrival: Arrival, outcome: Outcome | undefined, options: EventOptions): JsonRecord {
  const { request, auditId, user, impersonated, annotations } = arrival;
  const { level, stage, atMs } = options;
  const source = request.sourceAddress;
  const userAgent = request.headers['user-agent'];
  const objectRef = referenceOf(arrival, outcome);
  const hasRequest = level === 'Request' || level === 'RequestResponse';
  const shown = (object: unknown): unknown => presentable(arrival.audited, object, options.omitManagedFields);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: auditId,
    stage,
    requestURI: request.path,
    verb: arrival.audited.verb,
    user: userOf(user),
    ...(impersonated === undefined ? {} : { impersonatedUser: userOf(impersonated) }),
    ...(source === undefined ? {} : { sourceIPs: [source] }),
    ...(userAgent === undefined ? {} : { userAgent }),
    ...(objectRef === undefined ? {} : { objectRef }),
    ...(outcome === undefined ? {} : { responseStatus: statusOf(outcome) }),
    ...(hasRequest && outcome?.requestObject !== undefined ? { requestObject: shown(outcome.requestObject) } : {}),
    ...(level === 'RequestResponse' && outcome?.responseObject !== undefined
      ? { responseObject: shown(outcome.responseObject) }
      : {}),
    requestReceivedTimestamp: microTime(arrival.receivedAtMs),
    stageTimestamp: microTime(atMs),
    ...(outcome === undefined || Object.keys(annotations).length === 0 ? {} : { annotations: { ...annotations } }),
  };
}

function presentable(audited: AuditedRequest, object: unknown, omitManagedFields: boolean): unknown {
  const safe = withoutSecrets(audited, object);
  return omitManagedFields ? withoutManagedFields(safe) : safe;
}

function userOf({ name, uid, groups, extra }: Identity): JsonRecord {
  return {
    username: name,
    ...(uid === undefined ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups: [...groups] }),
    ...(extra === undefined ? {} : { extra: { ...extra } }),
  } as JsonRecord;
}

/** The name of a new object is known from its answer or its body only. */
function referenceOf({ audited, apiVersion }: Arrival, outcome: Outcome | undefined): JsonRecord | undefined {
  const { target } = audited;
  if (target.kind === 'path') return undefined;
  const written = audited.verb === 'list' || audited.verb === 'watch' ? undefined : outcome?.responseObject;
  const metadata = recordAt(
    isRecord(written) && written.kind !== 'Status' ? written : outcome?.requestObject,
    'metadata',
  );
  const given = audited.verb === 'create' && target.subresource === '' ? stringAt(metadata, 'name') : '';
  const fields = {
    resource: target.resource,
    namespace: target.namespace,
    name: target.name || given,
    uid: stringAt(metadata, 'uid'),
    apiGroup: target.group,
    apiVersion,
    resourceVersion: stringAt(metadata, 'resourceVersion'),
    subresource: target.subresource,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));
}

function statusOf({ code, responseObject }: Outcome): JsonRecord {
  const { status, message, reason } =
    isRecord(responseObject) && responseObject.kind === 'Status' ? responseObject : {};
  const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
  return {
    metadata: {},
    ...(isText(status) ? { status } : {}),
    ...(isText(message) ? { message } : {}),
    ...(isText(reason) ? { reason } : {}),
    code,
  };
}

const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');
