/** YAML request bodies, in YAML 1.1 as Kubernetes reads it (`y` and `on` are true). The parser is loaded when first needed. */
import type { Document } from 'yaml';
import { hasLongInteger, int64Of, isRecord, setOwn } from '../kinds/json.ts';
import { mostStrictProblems, type ParsedBody, withWholePairs } from './json-body.ts';
import { deepestNesting, isDeeper, tooDeep } from './nesting.ts';
import { ApiError, badRequest } from './status.ts';

export async function parseYamlBody(text: string): Promise<ParsedBody> {
  const { isScalar, Lexer, parseDocument, visit } = await import('yaml');
  if (mayBeDeep(text) && isFlowDeeper(new Lexer().lex(text), deepestNesting)) throw tooDeep();
  // The parser's own search for duplicate keys compares each with each: 28 s for 50,000 of them.
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false, intAsBigInt: hasLongInteger(text) });
  const problem = document.errors[0];
  if (problem?.message.includes('call stack') === true) throw tooDeep();
  if (problem !== undefined) throw badRequest(`error converting YAML to JSON: yaml: ${problem.message}`);
  const duplicates = new Set<string>();
  const problems: string[] = [];
  const lineAt = lineCounter(text);
  visit(document, {
    Map: (_, { items }) => {
      const keys = new Set<unknown>();
      for (const { key } of items) {
        const name = isScalar(key) ? key.value : undefined;
        if (name === undefined || name === '<<') continue;
        if (keys.has(name)) {
          duplicates.add(String(name));
          const line = lineAt((isScalar(key) ? key.range?.[0] : undefined) ?? 0);
          if (problems.length < mostStrictProblems)
            problems.push(`line ${line}: key ${JSON.stringify(name)} already set in map`);
        }
        if (duplicates.size === mostStrictProblems) return visit.BREAK;
        keys.add(name);
      }
      return undefined;
    },
  });
  return {
    value: withWholePairs(text, expanded(document)),
    duplicateFields: [...duplicates],
    yamlProblems: problems,
  };
}

/** The parser takes minutes for 3 MB of brackets; only a body with many of them is looked at twice. */
const mayBeDeep = (text: string): boolean => (text.match(/[[{]/g)?.length ?? 0) > deepestNesting;

function isFlowDeeper(tokens: Iterable<string>, limit: number): boolean {
  let depth = 0;
  for (const token of tokens) {
    if (token === '[' || token === '{') depth++;
    else if (token === ']' || token === '}') depth--;
    if (depth > limit) return true;
  }
  return false;
}

/** The line of an offset, counted from the last one asked for: keys are visited in order, nested ones nearly so. */
function lineCounter(text: string): (offset: number) => number {
  let [known, line] = [0, 1];
  return (offset) => {
    if (offset < known) [known, line] = [0, 1];
    for (let at = text.indexOf('\n', known); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
    known = offset;
    return line;
  };
}

/** Aliases of aliases grow without end in a few lines; the parser gives up on them with an error of its own. */
function expanded(document: Document): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (isDeeper(value, deepestNesting)) throw tooDeep();
    return document.options.intAsBigInt === true ? withNumbers(value) : value;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw badRequest(`error converting YAML to JSON: yaml: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Integers that a double can hold are numbers. */
function withNumbers(value: unknown): unknown {
  if (typeof value === 'bigint') return int64Of(value);
  if (Array.isArray(value)) return value.map(withNumbers);
  if (!isRecord(value)) return value;
  for (const [key, item] of Object.entries(value)) setOwn(value, key, withNumbers(item));
  return value;
}
