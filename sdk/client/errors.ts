import type { Status, StatusCause } from '../api/meta.ts';

/** The API answered with an error. `status` is what it said; the text says what was being attempted. */
export class ApiError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly causes: readonly StatusCause[];
  readonly status: Status;
  readonly retryAfterMs: number | undefined;

  constructor(attempt: string, status: Status, retryAfterMs?: number) {
    super(`${attempt}: ${status.message ?? status.reason ?? `HTTP status ${status.code ?? 0}`}`);
    this.name = 'ApiError';
    this.status = status;
    this.code = status.code ?? 0;
    this.reason = status.reason ?? '';
    this.causes = status.details?.causes ?? [];
    const seconds = status.details?.retryAfterSeconds;
    this.retryAfterMs = retryAfterMs ?? (seconds === undefined ? undefined : seconds * 1000);
  }
}

/** No answer: the connection could not be made or broke. Whether the request took effect is unknown. */
export class TransportError extends Error {
  constructor(attempt: string, cause: unknown) {
    super(`${attempt}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = 'TransportError';
  }
}

function hasReason(error: unknown, ...reasons: readonly string[]): boolean {
  return error instanceof ApiError && reasons.includes(error.reason);
}

function hasCode(error: unknown, code: number): boolean {
  return error instanceof ApiError && error.code === code;
}

export const isNotFound = (error: unknown): boolean => hasCode(error, 404);
export const isAlreadyExists = (error: unknown): boolean => hasReason(error, 'AlreadyExists');
/** Somebody else changed the object first; read it again and decide anew. */
export const isConflict = (error: unknown): boolean => hasReason(error, 'Conflict');
/** The resourceVersion or continue token is too old: list again. */
export const isExpired = (error: unknown): boolean => hasReason(error, 'Expired', 'Gone') || hasCode(error, 410);
export const isForbidden = (error: unknown): boolean => hasCode(error, 403);
export const isInvalid = (error: unknown): boolean => hasReason(error, 'Invalid');
/** Whoever should answer cannot, now: an aggregated API server that is down, a kernel that starts. */
export const isServiceUnavailable = (error: unknown): boolean => hasCode(error, 503);
export const isTooManyRequests = (error: unknown): boolean => hasCode(error, 429);

/** The namespace is being deleted: nothing can be created in it any more (NamespaceLifecycle admission). */
export function isNamespaceTerminating(error: unknown): boolean {
  return error instanceof ApiError && error.causes.some((cause) => cause.reason === 'NamespaceTerminating');
}

/** Builds the error from an answer's body, which is a Status unless something in between answered. */
export function toApiError(
  attempt: string,
  code: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): ApiError {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  return new ApiError(attempt, parseStatus(code, body), Number.isFinite(seconds) ? seconds * 1000 : undefined);
}

function parseStatus(code: number, body: string): Status {
  try {
    const parsed = JSON.parse(body) as Status;
    if (parsed.kind === 'Status') return { ...parsed, code: parsed.code ?? code };
  } catch {
    // Not JSON: a proxy or load balancer answered. Its text is the best message there is.
  }
  return {
    apiVersion: 'v1',
    kind: 'Status',
    metadata: {},
    status: 'Failure',
    code,
    message: `HTTP status ${code}: ${body.slice(0, 200)}`,
  };
}
