/** JSON Patch (RFC 6902) over JSON Pointer (RFC 6901). */
import { deepEqual, isRecord, type JsonRecord } from '../../kinds/json.ts';
import { deepestNesting, isDeeper } from '../../wire/nesting.ts';
import { ApiError, badRequest } from '../../wire/status.ts';

const operationLimit = 10_000;
/** Of all copies together (apiserver config, JSONPatchMaxCopyBytes): 40 copies of a document into itself fill any memory. */
const copyLimitBytes = 3 * 1024 * 1024;

/** §4: one operation. */
interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from: string | undefined;
  readonly value: unknown;
}

/** A patch that cannot be applied to this object: 422. */
function inapplicable(why: string): ApiError {
  return new ApiError(422, 'Invalid', `the server rejected our request due to an error in our request: ${why}`, {});
}

export function parseJsonPatch(patch: unknown): readonly Operation[] {
  if (!Array.isArray(patch)) throw badRequest('error decoding patch: a JSON patch is an array of operations');
  if (patch.length > operationLimit) {
    const message = `The allowed maximum operations in a JSON patch is ${operationLimit}, got ${patch.length}`;
    throw new ApiError(413, 'RequestEntityTooLarge', message);
  }
  return patch.map((item, index) => {
    if (!isRecord(item) || typeof item.op !== 'string' || typeof item.path !== 'string') {
      throw badRequest(`error decoding patch: operation ${index} needs "op" and "path"`);
    }
    const { op, path } = item;
    if ((op === 'add' || op === 'replace' || op === 'test') && !Object.hasOwn(item, 'value')) {
      throw badRequest(`error decoding patch: operation ${index} (${op}) needs "value"`);
    }
    if ((op === 'move' || op === 'copy') && typeof item.from !== 'string') {
      throw badRequest(`error decoding patch: operation ${index} (${op}) needs "from"`);
    }
    return { op, path, from: typeof item.from === 'string' ? item.from : undefined, value: item.value };
  });
}

const members = new Set(['op', 'path', 'from', 'value']);

/** What operations say beside what they can say: `[0].foo`. */
export function unknownMembers(patch: unknown): readonly string[] {
  if (!Array.isArray(patch)) return [];
  return patch.flatMap((operation, index) =>
    isRecord(operation)
      ? Object.keys(operation)
          .filter((key) => !members.has(key))
          .map((key) => `[${index}].${key}`)
      : [],
  );
}

/** The patched document; the input is left alone. All operations or none (§5). */
export function applyJsonPatch(document: unknown, operations: readonly Operation[]): unknown {
  let result = structuredClone(document);
  let copiedBytes = 0;
  for (const operation of operations) {
    if (operation.op === 'copy') {
      copiedBytes += JSON.stringify(look(result, operation.from ?? '', 'copy') ?? null).length;
      if (copiedBytes > copyLimitBytes) {
        throw inapplicable(
          `Unable to complete the copy, the accumulated size increase of copy is ${copiedBytes}, exceeding the limit ${copyLimitBytes}`,
        );
      }
    }
    result = applyOne(result, operation);
  }
  return result;
}

function applyOne(document: unknown, operation: Operation): unknown {
  const { op, path, from = '' } = operation;
  switch (op) {
    case 'add':
      return add(document, path, structuredClone(shallow(operation.value, path)));
    case 'remove':
      return removeAt(document, path);
    case 'replace':
      look(document, path, op);
      return path === ''
        ? structuredClone(operation.value)
        : set(document, path, structuredClone(shallow(operation.value, path)));
    case 'move': {
      if (path.startsWith(`${from}/`)) throw inapplicable(`cannot move ${from} into itself at ${path}`);
      const value = read(document, from, op);
      return add(removeAt(document, from), path, shallow(value, path));
    }
    case 'copy':
      return add(document, path, structuredClone(shallow(look(document, from, op) ?? null, path)));
    case 'test':
      if (deepEqual(look(document, path, op) ?? null, operation.value)) return document;
      throw inapplicable(`testing value ${path} failed`);
    default:
      throw inapplicable(`unexpected operation ${JSON.stringify(op)}`);
  }
}

/** What is about to be put at `path`: an operation may not make a document deeper than a body may be. */
function shallow(value: unknown, path: string): unknown {
  if (isDeeper(value, deepestNesting - tokens(path).length)) throw inapplicable(`${path} would stand too deep`);
  return value;
}

function tokens(path: string): readonly string[] {
  if (path === '') return [];
  if (!path.startsWith('/')) throw inapplicable(`the path ${JSON.stringify(path)} does not start with "/"`);
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** RFC 6901 §4: digits without a leading zero. */
function arrayIndex(token: string, limit: number, path: string, op: string): number {
  if (!/^(0|[1-9]\d*)$/.test(token) || Number(token) > limit) {
    throw inapplicable(`${op} operation does not apply: index ${token} of ${path} is out of bounds`);
  }
  return Number(token);
}

function child(parent: unknown, token: string, path: string, op: string): unknown {
  if (Array.isArray(parent)) return parent[arrayIndex(token, parent.length - 1, path, op)];
  if (isRecord(parent) && Object.hasOwn(parent, token)) return parent[token];
  throw inapplicable(`${op} operation does not apply: doc is missing path: ${path}: missing value`);
}

function read(document: unknown, path: string, op: string): unknown {
  return tokens(path).reduce((value, token) => child(value, token, path, op), document);
}

/**
 * As `read`, but a last member that is missing is undefined. Upstream's library (evanphx/json-patch 4) takes it for null in
 * test and copy, and lets replace make it, against RFC 6902 §4.3; clients have come to rely on it.
 */
function look(document: unknown, path: string, op: string): unknown {
  if (path === '') return document;
  const [parent, token] = parentOf(document, path, op);
  if (Array.isArray(parent)) return child(parent, token, path, op);
  return Object.hasOwn(parent, token) ? parent[token] : undefined;
}

function parentOf(document: unknown, path: string, op: string): readonly [JsonRecord | unknown[], string] {
  const parts = tokens(path);
  const parent = parts.slice(0, -1).reduce((value, token) => child(value, token, path, op), document);
  if (!Array.isArray(parent) && !isRecord(parent)) {
    throw inapplicable(`${op} operation does not apply: doc is missing path: ${path}: missing value`);
  }
  return [parent, parts.at(-1) ?? ''];
}

function add(document: unknown, path: string, value: unknown): unknown {
  if (path === '') return value;
  const [parent, token] = parentOf(document, path, 'add');
  if (!Array.isArray(parent)) parent[token] = value;
  else if (token === '-') parent.push(value);
  else parent.splice(arrayIndex(token, parent.length, path, 'add'), 0, value);
  return document;
}

function set(document: unknown, path: string, value: unknown): unknown {
  const [parent, token] = parentOf(document, path, 'replace');
  if (Array.isArray(parent)) parent[Number(token)] = value;
  else parent[token] = value;
  return document;
}

function removeAt(document: unknown, path: string): unknown {
  if (path === '') return null;
  const [parent, token] = parentOf(document, path, 'remove');
  if (Array.isArray(parent)) parent.splice(arrayIndex(token, parent.length - 1, path, 'remove'), 1);
  else {
    child(parent, token, path, 'remove');
    delete parent[token];
  }
  return document;
}
