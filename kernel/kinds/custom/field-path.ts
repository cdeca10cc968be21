/** Paths of rules and selectable fields: `.spec.parts['a.b']` (apiextensions-apiserver schema/cel/validation.go, ValidFieldPath). */
import { isRecord, type JsonRecord } from '../json.ts';

export interface FieldPath {
  /** As in messages: `spec.parts[a.b]`. */
  readonly text: string;
  readonly properties: readonly string[];
  /** Of what it leads to. */
  readonly schema: JsonRecord;
}

const step = /\.([^.[\]]+)|\['((?:[^'\\]|\\.)*)'\]/y;

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What is wrong with it as text. */
export function parseFieldPath(source: string, root: JsonRecord, allowsBrackets = true): FieldPath | string {
  step.lastIndex = 0;
  let schema = root;
  let text = '';
  const properties: string[] = [];
  while (step.lastIndex < source.length) {
    const start = step.lastIndex;
    const match = step.exec(source);
    if (match === null) {
      const first = source[start] ?? '';
      return first === '.' || first === '['
        ? 'unexpected end of JSON path'
        : `expected [ or . but got: ${source.slice(start)}`;
    }
    const [, plain, quoted] = match;
    if (quoted !== undefined && !allowsBrackets) return 'array notation is not allowed';
    const name = plain ?? (quoted ?? '').replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
    const isNamed = isRecord(schema.properties);
    const next = isNamed ? (schema.properties as JsonRecord)[name] : schema.additionalProperties;
    if (!isRecord(next)) return 'does not refer to a valid field';
    text += isNamed ? `${text === '' ? '' : '.'}${name}` : `[${name}]`;
    properties.push(name);
    schema = next;
  }
  return { text, properties, schema };
}
