/** The most an expression can cost, from the largest values its types allow (cel-go checker/cost.go). */
import { type Checked, functionName } from './checker.ts';
import type { Call, Expression, Fold } from './syntax.ts';
import type { Type } from './type.ts';

/** Upstream's unknown: as much as there can be. */
export const most = 2 ** 64;

interface Estimate {
  readonly cost: number;
  readonly size: number;
  /** Of what is in a list or map. */
  readonly entry?: number;
}

type Sizes = ReadonlyMap<string, Estimate>;

const scalars = new Set(['bool', 'int', 'uint', 'double', 'timestamp', 'duration', 'null', 'object', 'type', 'opaque']);

function typeSize(type: Type): number {
  if (type.maxElements !== undefined) return type.maxElements;
  if (type.kind === 'optional') return typeSize(type.element);
  return scalars.has(type.kind) ? 1 : most;
}

const cap = (value: number): number => Math.min(value, most);

export function estimateCost(expression: Expression, checked: Checked): number {
  return cap(new Estimator(checked).visit(expression, new Map()).cost);
}

/** Costs of one turn of each macro beyond its body, and of what follows the last (runtimecost.go, evalFold). */
export const foldCosts = {
  all: { turn: 3, end: 1 },
  exists: { turn: 4, end: 1 },
  exists_one: { turn: 2, end: 2 },
  filter: { turn: 13, end: 11 },
  map: { turn: 12, end: 11 },
  sortBy: { turn: 12, end: 11 },
  transformList: { turn: 12, end: 11 },
  transformMap: { turn: 4, end: 31 },
  transformMapEntry: { turn: 4, end: 31 },
} as const satisfies Readonly<Record<Fold['name'], { readonly turn: number; readonly end: number }>>;

export const listCost = 10;
export const mapCost = 30;
export const structCost = 40;

class Estimator {
  readonly #checked: Checked;

  constructor(checked: Checked) {
    this.#checked = checked;
  }

  #type(node: Expression): Type {
    return this.#checked.types.get(node) ?? { kind: 'dyn' };
  }

  visit(node: Expression, sizes: Sizes): Estimate {
    switch (node.kind) {
      case 'literal': {
        const { value } = node;
        return { cost: 0, size: typeof value === 'string' || value instanceof Uint8Array ? value.length : 1 };
      }
      case 'identifier': {
        const local = sizes.get(node.name);
        return local === undefined ? this.#sized(node, 1) : { ...local, cost: 1 };
      }
      case 'select':
        return this.#sized(node, this.visit(node.operand, sizes).cost + 1);
      case 'has':
        return { cost: this.visit(node.operand, sizes).cost + 1, size: 1 };
      case 'list':
        return this.#literal(
          node.elements.map(({ value }) => this.visit(value, sizes)),
          listCost,
          node.elements.length,
        );
      case 'map':
        return this.#literal(
          node.entries.flatMap(({ key, value }) => [this.visit(key, sizes), this.visit(value, sizes)]),
          mapCost,
          node.entries.length,
        );
      case 'struct':
        return this.#literal(
          node.fields.map(({ value }) => this.visit(value, sizes)),
          structCost,
          node.fields.length,
        );
      case 'call':
        return this.#call(node, sizes);
      case 'fold':
        return this.#fold(node, sizes);
      case 'option-map': {
        const operand = this.visit(node.operand, sizes);
        const body = this.visit(node.body, new Map([...sizes, [node.variable, operand]]));
        return { ...body, cost: cap(operand.cost + body.cost + 2) };
      }
    }
  }

  #sized(node: Expression, cost: number): Estimate {
    return { cost, size: typeSize(this.#type(node)) };
  }

  #literal(parts: readonly Estimate[], base: number, size: number): Estimate {
    const cost = cap(parts.reduce((sum, part) => sum + part.cost, base));
    return { cost, size, entry: Math.max(0, ...parts.map((part) => part.size)) };
  }

  #call(node: Call, sizes: Sizes): Estimate {
    const isMember = node.target !== undefined && functionName(node, (name) => sizes.has(name)) === undefined;
    const parts = [...(isMember && node.target !== undefined ? [node.target] : []), ...node.args].map((part) =>
      this.visit(part, sizes),
    );
    const costs = parts.map(({ cost }) => cost);
    const paid = cap(costs.reduce((sum, cost) => sum + cost, 0));
    if (node.name === '_&&_' || node.name === '_||_') return { cost: paid, size: 1 };
    if (node.name === '_?_:_') {
      const [condition = 0, whenTrue = 0, whenFalse = 0] = costs;
      const size = Math.max(parts[1]?.size ?? 1, parts[2]?.size ?? 1);
      return { cost: cap(condition + Math.max(whenTrue, whenFalse)), size };
    }
    const lengths = parts.map(({ size }) => size);
    let cost = 0;
    let size: number | undefined;
    for (const overload of this.#checked.overloads.get(node) ?? []) {
      cost = Math.max(cost, overload.cost?.(lengths) ?? 1);
      const made = overload.size?.(lengths);
      if (made !== undefined) size = Math.max(size ?? 0, made);
    }
    const entry = parts[0]?.entry;
    const isIndex = node.name === '_[_]' || node.name === '_[?_]';
    if (isIndex && entry !== undefined) size = entry;
    return {
      cost: cap(paid + cost),
      size: cap(Math.min(size ?? most, typeSize(this.#type(node)))),
      ...(node.name === '_+_' && entry !== undefined ? { entry: Math.max(entry, parts[1]?.entry ?? most) } : {}),
    };
  }

  #fold(node: Fold, sizes: Sizes): Estimate {
    const range = this.visit(node.range, sizes);
    const type = this.#type(node.range);
    const inner = new Map(sizes);
    const [first = '', second] = node.variables;
    const isMap = type.kind === 'map';
    const element = isMap ? type.value : type.kind === 'list' ? type.element : type;
    const value = { cost: 0, size: range.entry ?? typeSize(element) };
    const key = { cost: 0, size: isMap ? typeSize(type.key) : 1 };
    inner.set(first, second === undefined && !isMap ? value : key);
    if (second !== undefined) inner.set(second, value);
    const condition = node.condition === undefined ? 0 : this.visit(node.condition, inner).cost;
    const body = this.visit(node.body, inner);
    const { turn, end } = foldCosts[node.name];
    const cost = cap(range.cost + end + range.size * (turn + condition + body.cost));
    if (node.name === 'all' || node.name === 'exists' || node.name === 'exists_one') return { cost, size: 1 };
    const entry = node.name === 'filter' || node.name === 'sortBy' ? (isMap ? key.size : value.size) : body.size;
    return { cost, size: range.size, entry };
  }
}
