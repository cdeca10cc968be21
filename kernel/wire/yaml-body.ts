/** YAML request bodies, in YAML 1.1 as Kubernetes reads it (`y` and `on` are true). The parser is loaded when first needed. */
import type { ParsedBody } from './json-body.ts';
import { badRequest } from './status.ts';

export async function parseYamlBody(text: string): Promise<ParsedBody> {
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text, { version: '1.1', uniqueKeys: false });
  const problem = document.errors[0];
  if (problem !== undefined) throw badRequest(`error converting YAML to JSON: yaml: ${problem.message}`);
  const duplicates: string[] = [];
  const strict = parseDocument(text, { version: '1.1', uniqueKeys: true });
  for (const error of strict.errors) {
    if (error.code !== 'DUPLICATE_KEY') continue;
    const key = /^\s*-?\s*["']?([^"':\s]+)/.exec(text.slice(error.pos[0]))?.[1];
    if (key !== undefined && !duplicates.includes(key)) duplicates.push(key);
  }
  return { value: document.toJS({ maxAliasCount: 100 }), duplicateFields: duplicates };
}
