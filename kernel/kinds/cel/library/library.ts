/** All functions a rule may call: those of Kubernetes' CEL environment (apiserver pkg/cel/environment/base.go). */
import type { Overload } from '../overload.ts';
import { authorization } from './authorizer.ts';
import { clock } from './clock.ts';
import { formats } from './formats.ts';
import { lists } from './lists.ts';
import { network } from './network.ts';
import { optionals } from './optionals.ts';
import { measures } from './quantities.ts';
import { standard } from './standard.ts';
import { strings } from './strings.ts';

function byName(all: readonly Overload[]): ReadonlyMap<string, readonly Overload[]> {
  const table = new Map<string, Overload[]>();
  for (const overload of all) {
    const known = table.get(overload.name);
    if (known === undefined) table.set(overload.name, [overload]);
    else known.push(overload);
  }
  return table;
}

export const library = byName([
  ...standard,
  ...clock,
  ...strings,
  ...lists,
  ...optionals,
  ...network,
  ...measures,
  ...formats,
  ...authorization,
]);

/** Names before a dot that are part of a function's name: `sets.contains`. */
export const functionSpaces: ReadonlySet<string> = new Set([
  'jsonpatch',
  'sets',
  'lists',
  'strings',
  'optional',
  'format',
  'ip',
]);
