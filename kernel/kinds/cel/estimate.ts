/**
 * The most an expression can cost, from the largest values its types allow (cel-go checker/cost.go). Which rules a definition may
 * have follows from it, so it is upstream's to the unit, with its oddities: what is found in a computed list is thought as
 * large as `self` is.
 */
import { type Checked, functionName } from './checker.ts';
import { sortCost } from './library/list-prices.ts';
import type { Part } from './overload.ts';
import { fixed, most, type Size, times, union, unknown } from './sizes.ts';
import type { Call, Expression, Fold } from './syntax.ts';
import type { Type } from './type.ts';

/** Costs of one turn of each macro beyond its body, and of what follows the last (runtimecost.go, evalFold). */
export const foldCosts = {
  all: { turn: 3, end: 1 },
  exists: { turn: 4, end: 1 },
  exists_one: { turn: 2, end: 2 },
  filter: { turn: 13, end: 11 },
  map: { turn: 12, end: 11 },
  sortBy: { turn: 12, end: 11 },
  transformList: { turn: 12, end: 11 },
  transformMap: { turn: 3, end: 31 },
  transformMapEntry: { turn: 2, end: 31 },
} as const satisfies Readonly<Record<Fold['name'], { readonly turn: number; readonly end: number }>>;

export const listCost = 10;
export const mapCost = 30;
export const structCost = 40;

/** From a variable to a value: `self`, then fields and `@items`, `@keys` or `@values`. */
type Path = readonly string[];

/** Of what is in a list or map that an expression makes. */
interface Entries {
  readonly container: 'list' | 'map';
  readonly key: Size;
  readonly value: Size;
}

interface Local {
  readonly path: Path;
  readonly size: Size | undefined;
}

/** Opaque values are compared at the price of one unit, which is what their size is for. */
const fixedSizes = new Set(['bool', 'int', 'uint', 'double', 'timestamp', 'duration', 'opaque']);

/** `root` is the type of `self`. */
export function estimateCost(expression: Expression, checked: Checked, root: Type | undefined): number {
  return new Estimator(checked, root).cost(expression);
}

class Estimator {
  readonly #checked: Checked;
  readonly #root: Type | undefined;
  readonly #paths = new Map<Expression, Path>();
  readonly #sizes = new Map<Expression, Size>();
  readonly #entries = new Map<Expression, Entries>();
  readonly #locals = new Map<string, Local>();

  constructor(checked: Checked, root: Type | undefined) {
    this.#checked = checked;
    this.#root = root;
  }

  cost(node: Expression): number {
    switch (node.kind) {
      case 'literal':
        return 0;
      case 'identifier':
        this.#paths.set(node, this.#locals.get(node.name)?.path ?? [node.name]);
        return 1;
      case 'select':
        return this.#select(node);
      // Whether there is a field costs nothing (apiserver pkg/cel/environment/base.go, PresenceTestHasCost).
      case 'has':
        return this.cost(node.operand);
      case 'list':
        return this.#literal(
          node,
          listCost,
          [],
          node.elements.map(({ value }) => value),
        );
      case 'map':
        return this.#literal(
          node,
          mapCost,
          node.entries.map(({ key }) => key),
          node.entries.map(({ value }) => value),
        );
      case 'struct':
        return node.fields.reduce((sum, { value }) => sum + this.cost(value), structCost);
      case 'call':
        return Math.min(most, this.#call(node));
      case 'fold':
        return Math.min(most, this.#fold(node));
      case 'option-map':
        return Math.min(most, this.#optionMap(node));
    }
  }

  #type(node: Expression): Type {
    return this.#checked.types.get(node) ?? { kind: 'dyn' };
  }

  #select(node: Expression & { readonly kind: 'select' }): number {
    const operand = this.cost(node.operand);
    if (node.optional) return operand + 1;
    const { kind } = this.#type(node.operand);
    this.#paths.set(node, [...this.#path(node.operand), node.field]);
    return operand + (kind === 'map' || kind === 'object' || kind === 'parameter' ? 1 : 0);
  }

  #literal(node: Expression, base: number, keys: readonly Expression[], values: readonly Expression[]): number {
    const cost = [...keys, ...values].reduce((sum, part) => sum + this.cost(part), base);
    const sizeOf = (parts: readonly Expression[]): Size =>
      parts.length === 0 ? fixed(0) : parts.map((part) => this.#sizeOrUnknown(part)).reduce(union);
    const isMap = node.kind === 'map';
    const key = isMap ? sizeOf(keys) : fixed(1);
    this.#entries.set(node, { container: isMap ? 'map' : 'list', key, value: sizeOf(values) });
    return Math.min(most, cost);
  }

  #call(node: Call): number {
    const isMember = node.target !== undefined && functionName(node, (name) => this.#locals.has(name)) === undefined;
    if (node.name === 'dyn' && !isMember) return this.#dyn(node);
    const parts = [...(isMember && node.target !== undefined ? [node.target] : []), ...node.args];
    const costs = parts.map((part) => this.cost(part));
    const paid = costs.reduce((sum, cost) => sum + cost, 0);
    if (node.name === '_&&_' || node.name === '_||_') return paid;
    if (node.name === '_?_:_') return this.#conditional(node, costs);
    const sizes = parts.map((part) => this.#sizeOrUnknown(part).max);
    const known = parts.map((part) => this.#part(part));
    let cost = 0;
    let size: Size | undefined;
    for (const overload of this.#checked.overloads.get(node) ?? []) {
      cost = Math.max(cost, overload.estimate?.(sizes, known) ?? overload.cost?.(sizes) ?? 1);
      const made = overload.size?.(sizes, known);
      if (made !== undefined) size = union(size ?? fixed(0), { min: 0, max: Math.min(most, made) });
    }
    if (node.name === '_+_') this.#join(node);
    const [container] = node.args;
    if (node.name === '_[_]' && container !== undefined) {
      size = this.#entriesOf(container)?.value;
      const isList = this.#type(container).kind !== 'map';
      this.#paths.set(node, [...this.#path(container), isList ? '@items' : '@values']);
    }
    this.#setSize(node, size ?? this.#size(node));
    return paid + cost;
  }

  #part(node: Expression): Part {
    const path = this.#path(node);
    const items = path.length === 0 ? undefined : this.#sizeAt([...path, '@items']);
    const entry = items?.max ?? this.#entriesOf(node)?.value.max ?? most;
    const type = this.#type(node);
    const isOfText = type.kind === 'list' && isText(type.element);
    if (node.kind !== 'literal') return { least: 0, entry, isOfText };
    const known = { least: writtenSize(node)?.min ?? 0, entry, isOfText };
    return typeof node.value === 'bigint' ? { ...known, literal: node.value } : known;
  }

  /** Only a way around the checker. */
  #dyn(node: Call): number {
    const [arg] = node.args;
    if (arg === undefined) return 1;
    const cost = this.cost(arg) + 1;
    this.#setSize(node, this.#size(arg));
    this.#setEntries(node, this.#entriesOf(arg));
    return cost;
  }

  #conditional(node: Call, [condition = 0, whenTrue = 0, whenFalse = 0]: readonly number[]): number {
    const [, first, second] = node.args;
    if (first === undefined || second === undefined) return 0;
    this.#setSize(node, union(this.#sizeOrUnknown(first), this.#sizeOrUnknown(second)));
    this.#setEntries(node, joined(this.#entriesOf(first), this.#entriesOf(second)));
    return condition + Math.max(whenTrue, whenFalse);
  }

  #join(node: Call): void {
    const [left, right] = node.args;
    if (left !== undefined && right !== undefined)
      this.#setEntries(node, joined(this.#entriesOf(left), this.#entriesOf(right)));
  }

  #fold(node: Fold): number {
    const range = this.cost(node.range);
    const entries = this.#entriesOf(node.range);
    const isList = (entries?.container ?? this.#type(node.range).kind) === 'list';
    const path = this.#path(node.range);
    const [first = '', second] = node.variables;
    const each: Local = { path: [...path, isList ? '@items' : '@values'], size: entries?.value };
    const position: Local = { path: [...path, isList ? '@indices' : '@keys'], size: entries?.key };
    const locals = new Map([[first, second === undefined && isList ? each : position]]);
    if (second !== undefined) locals.set(second, each);
    const { turns, value } = this.#within(locals, () => ({
      turns: (node.condition === undefined ? 0 : this.cost(node.condition)) + this.cost(node.body),
      value:
        node.name === 'filter'
          ? this.#sizeOrUnknown({ kind: 'identifier', name: first, at: node.at })
          : this.#sizeOrUnknown(node.body),
    }));
    const count = this.#sizeOrUnknown(node.range);
    const { turn, end } = foldCosts[node.name];
    const isTest = node.name === 'all' || node.name === 'exists' || node.name === 'exists_one';
    this.#setSize(node, isTest ? fixed(1) : count);
    if (!isTest && !node.name.startsWith('transformMap'))
      this.#setEntries(node, { container: 'list', key: fixed(1), value: union(fixed(0), value) });
    const all = range + end + times(count, fixed(turn + turns)).max;
    if (node.name !== 'sortBy') return all;
    // The list is bound to a name, its keys are sorted, and what they belong to with them (cel-go ext/lists.go, sortByMacro).
    this.#setSize(node, times(count, count));
    return all + listCost + 1 + sortCost(count.max, isText(this.#type(node.body)));
  }

  /** `x.hasValue() ? optional.of(cel.bind(v, x.value(), body)) : optional.none()` */
  #optionMap(node: Expression & { readonly kind: 'option-map' }): number {
    const operand = this.cost(node.operand);
    const local: Local = { path: [], size: undefined };
    const body = this.#within(new Map([[node.variable, local]]), () => this.cost(node.body));
    return operand + 1 + listCost + operand + 1 + body + (node.flat ? 0 : 1);
  }

  #within<Result>(locals: ReadonlyMap<string, Local>, use: () => Result): Result {
    const hidden = [...locals.keys()].map((name) => [name, this.#locals.get(name)] as const);
    for (const [name, local] of locals) this.#locals.set(name, local);
    const result = use();
    for (const [name, local] of hidden) {
      if (local === undefined) this.#locals.delete(name);
      else this.#locals.set(name, local);
    }
    return result;
  }

  #path(node: Expression): Path {
    if (node.kind === 'identifier') return this.#locals.get(node.name)?.path ?? this.#paths.get(node) ?? [];
    return this.#paths.get(node) ?? [];
  }

  #setSize(node: Expression, size: Size | undefined): void {
    if (size !== undefined) this.#sizes.set(node, size);
  }

  #setEntries(node: Expression, entries: Entries | undefined): void {
    if (entries !== undefined) this.#entries.set(node, entries);
  }

  #entriesOf(node: Expression): Entries | undefined {
    return this.#entries.get(node);
  }

  #sizeOrUnknown(node: Expression): Size {
    return this.#size(node) ?? unknown;
  }

  #size(node: Expression): Size | undefined {
    const computed = this.#sizes.get(node) ?? writtenSize(node) ?? this.#sizeAt(this.#path(node));
    if (computed !== undefined) return computed;
    const type = this.#type(node);
    const inner = type.kind === 'optional' ? type.element : type;
    if (fixedSizes.has(inner.kind)) return fixed(1);
    return node.kind === 'identifier' ? this.#locals.get(node.name)?.size : undefined;
  }

  /** As the schema has it (apiextensions-apiserver pkg/apiserver/schema/cel/compilation.go, EstimateSize). */
  #sizeAt([start, ...steps]: Path): Size | undefined {
    if (start === undefined) return undefined;
    let type = this.#root;
    for (const step of steps) type = type === undefined ? undefined : stepInto(type, step);
    return type === undefined ? undefined : { min: 0, max: type.maxElements ?? 0 };
  }
}

const isText = ({ kind }: Type): boolean => kind === 'string' || kind === 'bytes';

function stepInto(type: Type, step: string): Type | undefined {
  switch (step) {
    case '@items':
    case '@values':
      return type.kind === 'list' ? type.element : type.kind === 'map' ? type.value : undefined;
    case '@keys':
      return type.kind === 'map' ? type.key : undefined;
    default:
      return type.kind === 'object' ? type.fields.get(step)?.type : undefined;
  }
}

function writtenSize(node: Expression): Size | undefined {
  if (node.kind === 'list') return fixed(node.elements.length);
  if (node.kind === 'map') return fixed(node.entries.length);
  if (node.kind !== 'literal') return undefined;
  const { value } = node;
  if (typeof value === 'string') return fixed([...value].length);
  return fixed(value instanceof Uint8Array ? value.length : 1);
}

function joined(one: Entries | undefined, other: Entries | undefined): Entries | undefined {
  if (one === undefined || other === undefined) return undefined;
  return { container: one.container, key: union(one.key, other.key), value: union(one.value, other.value) };
}
