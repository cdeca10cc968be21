/** Follows one request from its arrival to its answer and hands over the lines that the policy wants. */
import type { ApiRequest, ApiResponse, ApiStream, Identity } from '@diatom/sdk/api';
import type { Authorizer } from '../access/access.ts';
import { isRecord, type JsonRecord } from '../kinds/json.ts';
import { endingWith } from '../wire/ending-stream.ts';
import { decodeEnvelope, decodeMessage } from '../wire/protobuf.ts';
import { messageOf } from '../wire/protobuf-types.ts';
import { parseYamlBody } from '../wire/yaml-body.ts';
import { auditedRequest } from './audited-request.ts';
import { type Arrival, eventOf, type Outcome } from './event.ts';
import { type Level, type Policy, type Stage, treatmentOf } from './policy.ts';

export interface AuditOptions {
  readonly policy: Policy;
  readonly authorizer: Authorizer;
  readonly now: () => number;
  readonly write: (event: JsonRecord) => void;
}

export interface Audit {
  /** Undefined: nothing of it is written down. */
  arrived(request: ApiRequest, user: Identity, auditId: string): AuditedExchange | undefined;
}

export interface AuditedExchange {
  /** Whom the user may act as: what the request is allowed and refused by. */
  actsAs(identity: Identity): void;
  /** What is to be sent instead of the given answer: the end of a stream is written down, too. */
  answered(response: ApiResponse): Promise<ApiResponse>;
}

export function createAudit({ policy, authorizer, now, write }: AuditOptions): Audit {
  return {
    arrived: (request, user, auditId) => {
      const { audited, apiVersion } = auditedRequest(request, user);
      const { level, omitStages, omitManagedFields } = treatmentOf(policy, audited);
      if (level === 'None') return undefined;
      const arrival = { request, audited, apiVersion, auditId, user, receivedAtMs: now() };
      let acting: Acting = { impersonated: undefined, annotations: {} };
      const tell = (stage: Stage, outcome?: Outcome): void => {
        if (omitStages.includes(stage)) return;
        write(eventOf({ ...arrival, ...acting }, outcome, { level, stage, omitManagedFields, atMs: now() }));
      };
      tell('RequestReceived');
      return {
        actsAs: (identity) => {
          const impersonated = identity === user ? undefined : identity;
          acting = { impersonated, annotations: decisionOf(authorizer, identity, audited) };
        },
        answered: async (response) => {
          const { status: code, body } = response;
          if (isStream(body) && body.isWhole !== true) {
            const outcome = { code, requestObject: undefined, responseObject: undefined };
            tell('ResponseStarted', outcome);
            return { ...response, body: endingWith(body, () => tell('ResponseComplete', outcome)) };
          }
          tell('ResponseComplete', await outcomeOf(level, request, response));
          return response;
        },
      };
    },
  };
}

type Acting = Pick<Arrival, 'impersonated' | 'annotations'>;

const isStream = (body: ApiResponse['body']): body is ApiStream =>
  typeof body !== 'string' && !(body instanceof Uint8Array);

function decisionOf(
  authorizer: Authorizer,
  identity: Identity,
  { verb, target }: Arrival['audited'],
): Record<string, string> {
  const { allowed, reason } = authorizer.authorize(identity, { ...target, verb });
  return {
    'authorization.k8s.io/decision': allowed ? 'allow' : 'forbid',
    'authorization.k8s.io/reason': reason,
  };
}

/** Whole lists that come in pieces are not put together for a line. */
async function outcomeOf(
  level: Level,
  request: ApiRequest,
  { status: code, headers, body }: ApiResponse,
): Promise<Outcome> {
  const hasBody = request.body.length > 0 && level !== 'Metadata';
  return {
    code,
    requestObject: hasBody ? await objectIn(request.headers['content-type'] ?? '', request.body) : undefined,
    // Errors say why in every line; the name of a new object is in its answer.
    responseObject:
      isStream(body) || (level !== 'RequestResponse' && code < 400 && request.method !== 'POST')
        ? undefined
        : await objectIn(headers['content-type'] ?? '', body),
  };
}

/** Undefined: what it is cannot be told, so it is left out. */
async function objectIn(contentType: string, body: string | Uint8Array): Promise<unknown> {
  try {
    if (contentType.includes('protobuf')) {
      const { apiVersion, kind, raw } = decodeEnvelope(typeof body === 'string' ? Buffer.from(body) : body);
      const message = messageOf(apiVersion, kind);
      return message === undefined ? undefined : { apiVersion, kind, ...decodeMessage(message, raw) };
    }
    const text = typeof body === 'string' ? body : Buffer.from(body).toString();
    if (contentType.includes('yaml')) return (await parseYamlBody(text)).value;
    const value: unknown = contentType === '' || contentType.includes('json') ? JSON.parse(text) : undefined;
    return isRecord(value) || Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
