/** What has to be known about all bodies before the first is compiled. */
import { type BodyInstruction, readBody } from './body.ts';
import type { ConstantExpression, DecodedModule } from './module.ts';

export interface BodyFacts {
  /** Functions whose address something can hold: they carry their type id and need code even when native. */
  readonly references: ReadonlySet<number>;
  readonly growsTables: boolean;
}

/** Functions that initialisers of globals and tables or element segments name. */
export function functionsInConstants(module: DecodedModule): ReadonlySet<number> {
  const functions = new Set<number>();
  const note = (expression: ConstantExpression | undefined) => {
    for (const operation of expression?.operations ?? []) {
      if (operation.kind === 'function') functions.add(operation.index);
    }
  };
  for (const { initial } of module.globals) note(initial);
  for (const { initial } of module.tables) note(initial);
  for (const { items } of module.elements) items.forEach(note);
  return functions;
}

export class FactCollector implements BodyFacts {
  readonly references = new Set<number>();
  growsTables = false;

  constructor(module: DecodedModule) {
    for (const index of functionsInConstants(module)) this.references.add(index);
  }

  addBody(body: readonly BodyInstruction[]): void {
    for (const { opcode, index } of body) {
      if (opcode.name === 'ref.func') this.references.add(index);
      else if (opcode.name === 'table.grow') this.growsTables = true;
    }
  }
}

/** The facts about a module that is known to be valid. */
export function surveyBodies(module: DecodedModule): BodyFacts {
  const facts = new FactCollector(module);
  for (const fn of module.functions) {
    if (fn.kind === 'defined') facts.addBody(readBody(fn, module.types));
  }
  return facts;
}
