/** Paths of rules and selectable fields: `.spec.parts['a.b']` (apiextensions-apiserver schema/cel/validation.go, ValidFieldPath). */
import { isRecord, type JsonRecord } from '../json.ts';

export interface FieldPath {
  /** As in messages: `spec.parts[a.b]`. */
  readonly text: string;
  readonly properties: readonly string[];
  /** Of what it leads to. */
  readonly schema: JsonRecord;
}

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** `.`, `[`, `]`, what is in quotes, and the names between them. */
function tokensOf(source: string): readonly string[] {
  return source.match(/[.[\]]|'(?:\\'|[^'])*'|'[\s\S]*$|[^.[\]]+/g) ?? [];
}

/** What is wrong with it as text. */
export function parseFieldPath(source: string, root: JsonRecord, allowsBrackets = true): FieldPath | string {
  let schema = root;
  let text = '';
  const properties: string[] = [];
  const tokens = tokensOf(source).values();
  for (const token of tokens) {
    if (token !== '.' && token !== '[') return `expected [ or . but got: ${token}`;
    if (token === '[' && !allowsBrackets) return 'array notation is not allowed';
    const given = tokens.next().value;
    if (given === undefined) return 'unexpected end of JSON path';
    if (token === '[' && !/^'[\s\S]*'$/.test(given)) return `expected single quoted string but got ${given}`;
    const name = token === '.' ? given : unquoted(given);
    const isNamed = isRecord(schema.properties);
    const next = isNamed ? (schema.properties as JsonRecord)[name] : schema.additionalProperties;
    if (!isRecord(next)) return 'does not refer to a valid field';
    text += isNamed ? `${text === '' ? '' : '.'}${name}` : `[${name}]`;
    properties.push(name);
    schema = next;
    if (token === '.') continue;
    const end = tokens.next().value;
    if (end === undefined) return 'unexpected end of JSON path';
    if (end !== ']') return `expected ] but got ${end}`;
  }
  return { text, properties, schema };
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}
