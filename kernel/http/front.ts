/**
 * What every request passes before the API sees it, whichever transport brought it: health answers, size, impersonation,
 * limits of what is in flight, a deadline, an audit id, and the promise that a failure is an answer, never a crash.
 */
import { randomUUID } from 'node:crypto';
import type { ApiHandler, ApiRequest, ApiResponse, Identity } from '@diatom/sdk/api';
import type { Authorizer } from '../access/access.ts';
import { impersonate } from '../access/authn/impersonation.ts';
import type { PublishedDocument } from '../access/authn/issuer-documents.ts';
import { forbidden } from '../access/forbidden.ts';
import type { Audit, AuditedExchange } from '../audit/index.ts';
import type { RequestMetrics } from '../metrics/index.ts';
import { ApiError, entityTooLarge, internalError } from '../wire/status.ts';
import { answerHealth, type HealthChecks, parseHealthRequest } from './health.ts';
import { createInFlight, type InFlight, type InFlightLimits } from './in-flight.ts';
import { timeoutOf } from './request-timeout.ts';

/** As Kubernetes: MaxRequestBodyBytes and RequestTimeout (apiserver pkg/server/config.go). */
export const maximumBodyBytes = 3 * 1024 * 1024;
const requestTimeoutMs = 60_000;

export interface FrontOptions {
  readonly api: ApiHandler;
  readonly authorizer: Authorizer;
  readonly limits?: InFlightLimits;
  /** In place of one made by `limits`, for whom else wants to see it. */
  readonly inFlight?: InFlight;
  readonly metrics?: RequestMetrics;
  readonly audit?: Audit;
  readonly timeoutMs?: number;
  /** What has to work for the kernel to be healthy; a rejection says that it does not. */
  readonly checks?: HealthChecks;
  /** Served beside the API, by path, to whom RBAC lets read them. */
  readonly documents?: Readonly<Record<string, PublishedDocument>>;
  readonly log: (message: string) => void;
}

export function createFront(options: FrontOptions): ApiHandler {
  const { api, authorizer, limits, timeoutMs = requestTimeoutMs, checks = {}, documents = {}, log } = options;
  const { metrics, audit, inFlight = createInFlight(limits) } = options;
  const serve = async (request: ApiRequest, identity: Identity, exchange?: AuditedExchange): Promise<ApiResponse> => {
    if (request.body.length > maximumBodyBytes) throw tooLarge();
    const effective = impersonate(authorizer, identity, request.headers);
    exchange?.actsAs(effective);
    const document = request.method === 'GET' ? documents[request.path] : undefined;
    if (document !== undefined) return publish(authorizer, effective, request.path, document);
    if (isLongRunning(request)) return api(request, effective);
    const allottedMs = timeoutOf(request.path, timeoutMs);
    // Who asks, not whom it asks for: an impersonator has one line.
    await inFlight.enter(request.method, identity.name);
    try {
      return await withDeadline(api(request, effective), allottedMs);
    } finally {
      inFlight.leave(request.method);
    }
  };
  const answer: ApiHandler = async (request, identity) => {
    const health = parseHealthRequest(request);
    if (health !== undefined) return answerHealth(health, checks);
    const auditId = auditIdOf(request);
    const exchange = audit?.arrived(request, identity, auditId);
    let response: ApiResponse;
    try {
      response = await serve(request, identity, exchange);
    } catch (error) {
      if (!(error instanceof ApiError)) {
        log(`${request.method} ${request.path}: ${error instanceof Error ? error.stack : error}`);
      }
      response = errorResponse(error);
    }
    return withHeader(exchange === undefined ? response : await exchange.answered(response), 'audit-id', auditId);
  };
  if (metrics === undefined) return answer;
  return async (request, identity) => {
    const begunMs = performance.now();
    const response = await answer(request, identity);
    return metrics.answered(request, response, begunMs, performance.now());
  };
}

function publish(authorizer: Authorizer, identity: Identity, path: string, document: PublishedDocument): ApiResponse {
  const attributes = { kind: 'path', verb: 'get', path } as const;
  const decision = authorizer.authorize(identity, attributes);
  if (decision.allowed) return { status: 200, headers: { 'content-type': document.contentType }, body: document.body };
  const { code = 403, ...status } = forbidden(identity, attributes, decision.reason);
  return { status: code, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...status, code }) };
}

/** A client may bring its own, to find its request again. */
function auditIdOf({ headers }: ApiRequest): string {
  const given = headers['audit-id'];
  return given !== undefined && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
}

export const tooLarge = (): ApiError => entityTooLarge(`Request entity too large: limit is ${maximumBodyBytes}`);

export function errorResponse(error: unknown): ApiResponse {
  const { status, headers, code } =
    error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : String(error));
  return { status: code, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(status) };
}

function withHeader(response: ApiResponse, name: string, value: string): ApiResponse {
  return { ...response, headers: { ...response.headers, [name]: value } };
}

/** Watches and followed logs end when one side wants, not by the clock. */
function isLongRunning({ method, path }: ApiRequest): boolean {
  // A write that names the parameter is a write: it waits in line and answers in time like every other.
  if (method !== 'GET') return false;
  return (
    /[?&]watch=(true|1)(&|$)|\/log\?(.*&)?follow=(true|1)(&|$)/.test(path) ||
    /^\/(api|apis\/[^/]+)\/[^/]+\/watch\//.test(path)
  );
}

async function withDeadline(response: Promise<ApiResponse>, timeoutMs: number): Promise<ApiResponse> {
  let timer: NodeJS.Timeout | undefined;
  let late = false;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late = true;
      const message = `Timeout: request did not complete within the allotted ${timeoutMs / 1000}s`;
      // Without Retry-After: clients repeat what has it, and a write may still be made.
      reject(new ApiError(504, 'Timeout', message, {}));
    }, timeoutMs);
  });
  // Nobody reads a stream that comes after its deadline, and a failure then has nobody left to tell.
  response.then(
    ({ body }) => {
      if (late && typeof body === 'object' && 'cancel' in body) body.cancel();
    },
    () => {},
  );
  try {
    return await Promise.race([response, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
