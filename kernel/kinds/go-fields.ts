/**
 * How Go holds the fields of Kubernetes' types, for generate.ts: whether a field is a pointer, and whether its JSON leaves
 * it out when it is zero. OpenAPI says neither. Read from the struct tags of types*.go below a directory of sources.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface GoField {
  readonly isPointer: boolean;
  /** Neither pointer, list nor map: an object of this type is there even when nobody gave one. */
  readonly isByValue: boolean;
  readonly isAlwaysWritten: boolean;
}

type GoStruct = Map<string, GoField>;

const structStart = /^type (\w+) struct \{$/;
const fieldLine = /^\t(?:(\w+) )?\s*(\*|\[\]|map\[)?([\w.[\]*]+)\s+`json:"([^"]*)"/;

/** By `package.version.Type`, as in the tables. Where sources of several releases are there, the first by name counts. */
export function readGoFields(directory: string): ReadonlyMap<string, ReadonlyMap<string, GoField>> {
  const structs = new Map<string, GoStruct>();
  const embedded: { readonly outer: string; readonly inner: string }[] = [];
  for (const file of readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()) {
    if (!/(^|\/)types[^/]*\.go$/.test(file) || file.endsWith('_test.go')) continue;
    const prefix = dirname(file).split('/').slice(-2).join('.');
    let outer = '';
    for (const line of readFileSync(join(directory, file), 'utf8').split('\n')) {
      const [, name] = structStart.exec(line) ?? [];
      if (name !== undefined) {
        outer = `${prefix}.${name}`;
        if (!structs.has(outer)) structs.set(outer, new Map());
      } else if (line === '}') outer = '';
      const [, goName, shape, type = '', tag = ''] = (outer !== '' && fieldLine.exec(line)) || [];
      if (type === '') continue;
      const [jsonName = '', ...options] = tag.split(',');
      if (options.includes('inline')) embedded.push({ outer, inner: `${prefix}.${(type || goName) ?? ''}` });
      else if (jsonName !== '' && jsonName !== '-' && structs.get(outer)?.has(jsonName) === false)
        structs.get(outer)?.set(jsonName, {
          isPointer: shape === '*',
          isByValue: shape === undefined,
          isAlwaysWritten: !options.includes('omitempty') && !options.includes('omitzero'),
        });
    }
  }
  // Twice: what is embedded may embed.
  for (const { outer, inner } of [...embedded, ...embedded]) {
    const into = structs.get(outer);
    for (const [name, field] of structs.get(inner) ?? []) if (into?.has(name) === false) into.set(name, field);
  }
  return structs;
}
