/** Continue tokens of paged lists (apiserver pkg/storage/continue.go); opaque to clients. */
import { isRecord } from '../kinds/json.ts';
import { badRequest } from '../wire/status.ts';

export interface ContinuePoint {
  /** Undefined: the list goes on with the newest state. */
  readonly revision: number | undefined;
  readonly startAfter: string;
}

export function encodeContinue(prefix: string, revision: number, lastKey: string): string {
  const token = { v: 'meta.k8s.io/v1', rv: revision, start: `${lastKey.slice(prefix.length)}\0` };
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

/** For a client whose snapshot is gone and who may go on with what is there now. */
export function inconsistentContinue(prefix: string, startAfter: string): string {
  return encodeContinue(prefix, -1, startAfter);
}

export function decodeContinue(token: string, prefix: string): ContinuePoint {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw invalidToken('not a token of this server');
  }
  if (!isRecord(value) || value.v !== 'meta.k8s.io/v1')
    throw invalidToken('server does not recognize this encoded version');
  const { rv, start } = value;
  if (typeof rv !== 'number' || !Number.isInteger(rv) || rv === 0)
    throw invalidToken('incorrect encoded start resourceVersion');
  if (typeof start !== 'string' || start === '') throw invalidToken('encoded start key empty');
  return { revision: rv < 0 ? undefined : rv, startAfter: prefix + start.replace(/\0$/, '') };
}

const invalidToken = (why: string) => badRequest(`continue key is not valid: ${why}`);
