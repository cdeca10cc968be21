/** What has to be known about all bodies before the first is compiled. Reads every body, so it finds all malformed ones. */
import { readBody } from './body.ts';
import { evaluate } from './evaluate.ts';
import type { DecodedModule } from './module.ts';

export interface BodyFacts {
  readonly references: ReadonlySet<number>;
  readonly growsTables: boolean;
}

/** Functions whose address something can hold: they carry their type id and need code even when native. */
export function surveyBodies(module: DecodedModule): BodyFacts {
  const references = new Set<number>();
  let growsTables = false;
  for (const segment of module.elements) {
    for (const item of segment.items) {
      const value = evaluate(module, item);
      if (value.kind === 'function') references.add(value.index);
    }
  }
  const initials = [...module.globals, ...module.tables].map(({ initial }) => initial);
  for (const initial of initials) {
    const value = initial === undefined ? undefined : evaluate(module, initial);
    if (value?.kind === 'function') references.add(value.index);
  }
  for (const fn of module.functions) {
    if (fn.kind !== 'defined') continue;
    for (const { opcode, index } of readBody(fn, module.types)) {
      if (opcode.name === 'ref.func') references.add(index);
      if (opcode.name === 'table.grow') growsTables = true;
    }
  }
  return { references, growsTables };
}
