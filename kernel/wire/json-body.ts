/** JSON request bodies: parsed, with the fields that stand twice in one object. */
import { isRecord, type JsonRecord, parseJson, setOwn } from '../kinds/json.ts';
import { deepestNesting, tooDeep } from './nesting.ts';
import { badRequest } from './status.ts';

export interface ParsedBody {
  readonly value: unknown;
  /** Paths such as `spec.replicas`, once each. */
  readonly duplicateFields: readonly string[];
  /** Of a YAML body the same, as Kubernetes' parser words it; then the paths are keys alone. */
  readonly yamlProblems?: readonly string[];
}

export function parseJsonBody(text: string): ParsedBody {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw badRequest(`the object provided is unrecognized (must be of type Object): ${reason(error, text)}`);
  }
  // First, because it is what finds a body that is too deep to look into.
  const duplicateFields = findDuplicateFields(text);
  return { value: withWholePairs(text, value), duplicateFields };
}

/** Only an escape can bring half of a surrogate pair into decoded text. */
const halfPair = /\\u[dD][89a-fA-F]/;

/** What `text` was parsed to. Go's decoder puts U+FFFD for half a pair; text with one could not be sent on as UTF-8. */
export const withWholePairs = (text: string, value: unknown): unknown =>
  halfPair.test(text) ? wellFormed(value) : value;

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed();
  if (Array.isArray(value)) return value.map(wellFormed);
  if (!isRecord(value)) return value;
  const result: JsonRecord = {};
  for (const [key, item] of Object.entries(value)) setOwn(result, key.toWellFormed(), wellFormed(item));
  return result;
}

function reason(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : String(error);
  return `couldn't get version/kind; json parse error: ${message} (${Buffer.from(text.slice(0, 30)).toString('hex')} ...)`;
}

interface Scope {
  readonly path: string;
  /** Undefined in an array. */
  readonly keys: Set<string> | undefined;
  index: number;
  key: string;
}

/** As many as Kubernetes collects (sigs.k8s.io/json, saveStrictError): nobody reads more, and a body may hold 100,000. */
export const mostStrictProblems = 100;

/** One pass over text that is known to be valid JSON; one whose values stand too deep in each other is refused. */
export function findDuplicateFields(text: string): readonly string[] {
  const duplicates = new Set<string>();
  const scopes: Scope[] = [];
  let scope: Scope | undefined;
  let expectKey = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x22) {
      const start = at + 1;
      let escaped = false;
      for (at = start; text.charCodeAt(at) !== 0x22; at++) {
        if (text.charCodeAt(at) === 0x5c) {
          escaped = true;
          at++;
        }
      }
      if (!expectKey || scope?.keys === undefined) continue;
      const raw = text.slice(start, at);
      const key = escaped ? (JSON.parse(`"${raw}"`) as string) : raw;
      const path = scope.path === '' ? key : `${scope.path}.${key}`;
      if (scope.keys.has(key) && duplicates.size < mostStrictProblems) duplicates.add(path);
      scope.keys.add(key);
      scope.key = key;
      expectKey = false;
    } else if (code === 0x7b || code === 0x5b) {
      const isObject = code === 0x7b;
      const path = scope === undefined ? '' : pathOf(scope);
      scope = { path, keys: isObject ? new Set() : undefined, index: 0, key: '' };
      if (scopes.push(scope) > deepestNesting) throw tooDeep();
      expectKey = isObject;
    } else if (code === 0x7d || code === 0x5d) {
      scopes.pop();
      scope = scopes.at(-1);
      expectKey = false;
    } else if (code === 0x2c && scope !== undefined) {
      if (scope.keys === undefined) scope.index++;
      else expectKey = true;
    }
  }
  return [...duplicates];
}

function pathOf(scope: Scope): string {
  if (scope.keys === undefined) return `${scope.path}[${scope.index}]`;
  return scope.path === '' ? scope.key : `${scope.path}.${scope.key}`;
}
