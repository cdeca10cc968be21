/** meta/v1 Status errors with Kubernetes' reasons, codes and words (apimachinery pkg/api/errors/errors.go). */
import type { Status, StatusCause } from '@diatom/sdk/api';

export interface Qualified {
  readonly group: string;
  readonly resource: string;
}

type Details = NonNullable<Status['details']>;

/** An error with an answer for the client. Everything else thrown while serving a request is an InternalError. */
export class ApiError extends Error {
  readonly status: Status;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    code: number,
    reason: string,
    message: string,
    details?: Details,
    headers: Readonly<Record<string, string>> = {},
    metadata: Status['metadata'] = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.headers = headers;
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata,
      status: 'Failure',
      message,
      reason,
      ...(details === undefined ? {} : { details }),
      code,
    };
  }
  get code(): number {
    return this.status.code ?? 500;
  }

  /** A Status somebody else made. */
  static from(status: Status): ApiError {
    const { code = 500, reason = 'InternalError', message = '', details, metadata } = status;
    return new ApiError(code, reason, message, details, {}, metadata);
  }
}

/** `deployments.apps`, `pods`. */
function qualifiedResource(kind: Qualified): string {
  return kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
}

function detailsOf(kind: Qualified, name: string, more: Details = {}): Details {
  return {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.resource,
    ...more,
  };
}

export function notFound(kind: Qualified, name: string): ApiError {
  return new ApiError(404, 'NotFound', `${qualifiedResource(kind)} "${name}" not found`, detailsOf(kind, name));
}

/** For a path that no kind serves. */
export function pathNotFound(): ApiError {
  return new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
}

export function alreadyExists(kind: Qualified, name: string): ApiError {
  const message = `${qualifiedResource(kind)} "${name}" already exists`;
  return new ApiError(409, 'AlreadyExists', message, detailsOf(kind, name));
}

export function conflict(kind: Qualified, name: string, why: string, more: Details = {}): ApiError {
  const message = `Operation cannot be fulfilled on ${qualifiedResource(kind)} "${name}": ${why}`;
  return new ApiError(409, 'Conflict', message, detailsOf(kind, name, more));
}

export const modifiedMessage =
  'the object has been modified; please apply your changes to the latest version and try again';

export function badRequest(message: string): ApiError {
  return new ApiError(400, 'BadRequest', message);
}

export function forbidden(kind: Qualified, name: string, why: string, causes: StatusCause[] = []): ApiError {
  const what = name === '' ? qualifiedResource(kind) : `${qualifiedResource(kind)} "${name}"`;
  const more = causes.length === 0 ? {} : { causes };
  return new ApiError(403, 'Forbidden', `${what} is forbidden: ${why}`, detailsOf(kind, name, more));
}

export function unauthorized(): ApiError {
  return new ApiError(401, 'Unauthorized', 'Unauthorized');
}

export function methodNotAllowed(kind: Qualified, verb: string): ApiError {
  const message = `${verb} is not supported on resources of kind "${qualifiedResource(kind)}"`;
  return new ApiError(405, 'MethodNotAllowed', message, detailsOf(kind, ''));
}

export function notAcceptable(accepted: readonly string[]): ApiError {
  const message = `only the following media types are accepted: ${accepted.join(', ')}`;
  return new ApiError(406, 'NotAcceptable', message);
}

export function unsupportedMediaType(accepted: readonly string[]): ApiError {
  const message = `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`;
  return new ApiError(415, 'UnsupportedMediaType', message);
}

/** List or watch from a revision that history no longer holds. `continueToken`: where an inconsistent list can go on. */
export function expired(message: string, continueToken?: string): ApiError {
  const metadata = continueToken === undefined ? {} : { continue: continueToken };
  return new ApiError(410, 'Expired', message, undefined, {}, metadata);
}

export function resourceVersionTooLarge(wanted: number, current: number): ApiError {
  const message = `Too large resource version: ${wanted}, current: ${current}`;
  const causes = [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }];
  return new ApiError(504, 'Timeout', `Timeout: ${message}`, { causes, retryAfterSeconds: 1 }, { 'retry-after': '1' });
}

export function tooManyRequests(message: string, causes: StatusCause[] = [], retryAfterSeconds = 10): ApiError {
  const when = retryAfterSeconds === 0 ? undefined : retryAfterSeconds;
  const details = {
    ...(causes.length === 0 ? {} : { causes }),
    ...(when === undefined ? {} : { retryAfterSeconds: when }),
  };
  // Clients try again by themselves when they are told when: client-go ten times.
  const headers: Record<string, string> = when === undefined ? {} : { 'retry-after': String(when) };
  return new ApiError(429, 'TooManyRequests', message, details, headers);
}

export function entityTooLarge(message: string): ApiError {
  return new ApiError(413, 'RequestEntityTooLarge', message);
}

export function internalError(message: string): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

/** One thing wrong with an object (apimachinery pkg/util/validation/field/errors.go). */
export interface FieldError {
  readonly reason:
    | 'FieldValueRequired'
    | 'FieldValueInvalid'
    | 'FieldValueNotSupported'
    | 'FieldValueForbidden'
    | 'FieldValueDuplicate'
    | 'FieldValueTooLong'
    | 'FieldValueTooMany'
    | 'FieldValueTypeInvalid'
    | 'FieldValueNotFound';
  readonly field: string;
  /** Without the field's name. */
  readonly message: string;
}

/** 422 with one cause per error, worded as upstream: `Deployment.apps "x" is invalid: [a, b]`. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): ApiError {
  const texts = errors.map((error) => `${error.field}: ${error.message}`);
  const joined = texts.length === 1 ? texts[0] : `[${[...new Set(texts)].join(', ')}]`;
  const qualified = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError(422, 'Invalid', `${qualified} "${name}" is invalid: ${joined}`, {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.kind,
    causes: errors.map((error) => ({ reason: error.reason, message: error.message, field: error.field })),
  });
}
