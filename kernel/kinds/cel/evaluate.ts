/** Running a checked expression, every step paid for, so that none runs longer than its limit allows. */
import { type Checked, functionName, typeNames } from './checker.ts';
import { foldCosts, listCost, mapCost, structCost } from './estimate.ts';
import { sortByKeys } from './library/lists.ts';
import { find, index } from './library/standard.ts';
import type { Meter } from './overload.ts';
import { type Call, type Expression, type Fold, type Literal, qualifiedName, type Struct } from './syntax.ts';
import type { Type } from './type.ts';
import {
  CelError,
  Duration,
  isList,
  isMap,
  JsonObject,
  Lazy,
  type ListValue,
  listItems,
  literalMap,
  mapEntries,
  Opaque,
  Optional,
  sizeOf,
  Timestamp,
  TypeValue,
  toJson,
  Uint,
  type Value,
} from './value.ts';

/** Ends the evaluation; nothing absorbs it. */
export class CostExceeded extends Error {
  constructor() {
    super('operation cancelled: actual cost limit exceeded');
  }
}

class Frame implements Meter {
  readonly slots: (Value | Lazy | undefined)[];
  readonly #limit: number;
  spent = 0;

  constructor(slots: (Value | Lazy | undefined)[], limit: number) {
    this.slots = slots;
    this.#limit = limit;
  }

  get left(): number {
    return this.#limit - this.spent;
  }

  spend(cost: number): void {
    this.spent += cost;
    if (this.spent > this.#limit) throw new CostExceeded();
  }
}

type Step = (frame: Frame) => Value;

export interface Run {
  /** Undefined when it failed. */
  readonly value: Value | undefined;
  readonly failure: CelError | CostExceeded | undefined;
  readonly cost: number;
}

/** `variables` in the order of the values a run gets; one without a value is not to be read. */
export function plan(
  expression: Expression,
  checked: Checked,
  variables: readonly string[],
): (values: readonly (Value | Lazy | undefined)[], limit: number) => Run {
  const planner = new Planner(checked, variables.length);
  const step = planner.visit(expression, new Map(variables.map((name, slot) => [name, slot])));
  return (values, limit) => {
    const frame = new Frame([...values], limit);
    try {
      const value = step(frame);
      return { value, failure: undefined, cost: frame.spent };
    } catch (error) {
      if (!(error instanceof CelError || error instanceof CostExceeded)) throw error;
      return { value: undefined, failure: error, cost: frame.spent };
    }
  };
}

type Slots = ReadonlyMap<string, number>;

class Planner {
  readonly #checked: Checked;
  #slotCount: number;

  constructor(checked: Checked, slotCount: number) {
    this.#checked = checked;
    this.#slotCount = slotCount;
  }

  visit(node: Expression, slots: Slots): Step {
    switch (node.kind) {
      case 'literal': {
        const value = literalValue(node.value);
        return () => value;
      }
      case 'identifier':
        return identifier(node.name, slots.get(node.name));
      case 'select': {
        const name = qualifiedName(node);
        const variable = name === undefined ? undefined : slots.get(name);
        if (name !== undefined && (variable !== undefined || Object.hasOwn(typeNames, name)))
          return identifier(name, variable);
        const operand = this.visit(node.operand, slots);
        const { field, optional } = node;
        return (frame) => {
          const value = operand(frame);
          frame.spend(1);
          return select(value, field, optional);
        };
      }
      case 'has': {
        const operand = this.visit(node.operand, slots);
        const { field } = node;
        return (frame) => {
          const value = operand(frame);
          const inner = value instanceof Optional ? value.value : value;
          // What has no fields at all has not this one either (cel-go interpreter/attributes.go, refQualify).
          if (isList(inner)) throw new CelError('no such overload');
          return inner !== undefined && isMap(inner) && find(inner, field) !== undefined;
        };
      }
      case 'list':
        return this.#list(node, slots);
      case 'map':
        return this.#map(node, slots);
      case 'struct':
        return this.#struct(node, slots);
      case 'call':
        return this.#call(node, slots);
      case 'fold':
        return this.#fold(node, slots);
      case 'option-map': {
        const operand = this.visit(node.operand, slots);
        const slot = this.#slotCount++;
        const body = this.visit(node.body, new Map([...slots, [node.variable, slot]]));
        return (frame) => {
          const optional = operand(frame);
          frame.spend(1);
          if (!(optional instanceof Optional)) throw new CelError('no such overload');
          if (optional.value === undefined) return Optional.none;
          frame.slots[slot] = optional.value;
          const made = body(frame);
          return node.flat ? made : new Optional(made);
        };
      }
    }
  }

  #list(node: Expression & { readonly kind: 'list' }, slots: Slots): Step {
    const parts = node.elements.map(({ value, optional }) => ({ step: this.visit(value, slots), optional }));
    return (frame) => {
      frame.spend(listCost);
      const items: Value[] = [];
      for (const { step, optional } of parts) {
        const value = step(frame);
        if (!optional) items.push(value);
        else if (value instanceof Optional && value.value !== undefined) items.push(value.value);
      }
      return items;
    };
  }

  #struct(node: Struct, slots: Slots): Step {
    const parts = node.fields.map(({ name, value, optional }) => ({ name, step: this.visit(value, slots), optional }));
    const type = this.#checked.types.get(node);
    if (type?.kind !== 'object') return missing;
    return (frame) => {
      frame.spend(structCost);
      const record: Record<string, unknown> = {};
      for (const { name, step, optional } of parts) {
        const value = step(frame);
        if (!optional) record[name] = toJson(value);
        else if (value instanceof Optional && value.value !== undefined) record[name] = toJson(value.value);
      }
      return new JsonObject(record, type);
    };
  }

  #map(node: Expression & { readonly kind: 'map' }, slots: Slots): Step {
    const parts = node.entries.map(({ key, value, optional }) => ({
      key: this.visit(key, slots),
      value: this.visit(value, slots),
      optional,
    }));
    return (frame) => {
      frame.spend(mapCost);
      const entries: [Value, Value][] = [];
      for (const { key, value, optional } of parts) {
        const name = key(frame);
        const item = value(frame);
        if (!optional) entries.push([name, item]);
        else if (item instanceof Optional && item.value !== undefined) entries.push([name, item.value]);
      }
      return literalMap(entries);
    };
  }

  #call(node: Call, slots: Slots): Step {
    const isMember = node.target !== undefined && functionName(node, (name) => slots.has(name)) === undefined;
    const all = [...(isMember && node.target !== undefined ? [node.target] : []), ...node.args];
    const parts = all.map((part) => this.visit(part, slots));
    const [first = missing, second = missing, third = missing] = parts;
    switch (node.name) {
      case '_&&_':
        return junction(first, second, false);
      case '_||_':
        return junction(first, second, true);
      case '_?_:_':
        return (frame) => {
          const condition = first(frame);
          if (typeof condition !== 'boolean') throw new CelError('no such overload');
          return condition ? second(frame) : third(frame);
        };
      case 'or':
      case 'orValue':
        if (isMember) return alternative(first, second, node.name === 'orValue');
    }
    const overloads = this.#checked.overloads.get(node) ?? [];
    return (frame) => {
      const args = parts.map((part) => part(frame));
      const overload = overloads.find(({ parameters }) => parameters.every((type, place) => fits(type, args[place])));
      if (overload === undefined) throw new CelError('no such overload');
      frame.spend(overload.cost === undefined ? 1 : overload.cost(args.map(sizeOf)));
      return overload.call(args, frame);
    };
  }

  #fold(node: Fold, slots: Slots): Step {
    const range = this.visit(node.range, slots);
    const [firstName = '', secondName] = node.variables;
    const [firstSlot, secondSlot] = [this.#slotCount++, this.#slotCount++];
    const inner = new Map(slots).set(firstName, firstSlot);
    if (secondName !== undefined) inner.set(secondName, secondSlot);
    const condition = node.condition === undefined ? undefined : this.visit(node.condition, inner);
    const body = this.visit(node.body, inner);
    const { turn, end } = foldCosts[node.name];
    /** Sets the variables for each element in turn. */
    function* turns(frame: Frame): Generator<readonly [Value, Value]> {
      const container = range(frame);
      frame.spend(end);
      const isTwo = secondName !== undefined;
      let place = 0n;
      for (const [key, value] of pairs(container)) {
        frame.spend(turn);
        const first = isTwo ? (isList(container) ? place++ : key) : isList(container) ? value : key;
        frame.slots[firstSlot] = first;
        if (isTwo) frame.slots[secondSlot] = value;
        if (condition === undefined || isTrue(condition(frame))) yield [first, value];
      }
    }
    switch (node.name) {
      case 'all':
        return (frame) => quantify(turns(frame), body, frame, false);
      case 'exists':
        return (frame) => quantify(turns(frame), body, frame, true);
      case 'exists_one':
        return (frame) => {
          let count = 0;
          for (const _ of turns(frame)) if (isTrue(body(frame))) count++;
          return count === 1;
        };
      case 'filter':
        return (frame) => {
          const kept: Value[] = [];
          for (const [item] of turns(frame)) if (isTrue(body(frame))) kept.push(item);
          return kept;
        };
      case 'map':
      case 'transformList':
        return (frame) => {
          const made: Value[] = [];
          for (const _ of turns(frame)) made.push(body(frame));
          return made;
        };
      case 'sortBy':
        return (frame) => {
          const [items, keys]: [Value[], Value[]] = [[], []];
          for (const [item] of turns(frame)) {
            items.push(item);
            keys.push(body(frame));
          }
          frame.spend(Math.ceil(items.length * Math.log2(items.length + 1)));
          return sortByKeys(items, keys);
        };
      case 'transformMap':
        return (frame) => {
          const made: [Value, Value][] = [];
          for (const [key] of turns(frame)) made.push([key, body(frame)]);
          return literalMap(made);
        };
      case 'transformMapEntry':
        return (frame) => {
          const made: (readonly [Value, Value])[] = [];
          for (const _ of turns(frame)) {
            const entry = body(frame);
            if (!isMap(entry)) throw new CelError('no such overload');
            made.push(...mapEntries(entry));
          }
          return literalMap(made);
        };
    }
  }
}

const missing: Step = () => {
  throw new CelError('no such overload');
};

function* pairs(container: Value): Generator<readonly [Value, Value]> {
  if (isList(container)) for (const item of listItems(container)) yield [item, item];
  else if (isMap(container)) yield* mapEntries(container);
  else throw new CelError('no such overload');
}

function isTrue(value: Value): boolean {
  if (typeof value !== 'boolean') throw new CelError('no such overload');
  return value;
}

/** all (`deciding` false) and exists (true): one deciding element outweighs the errors of others. */
function quantify(turns: Iterable<unknown>, body: Step, frame: Frame, deciding: boolean): boolean {
  let failure: CelError | undefined;
  for (const _ of turns) {
    try {
      if (isTrue(body(frame)) === deciding) return deciding;
    } catch (error) {
      if (!(error instanceof CelError)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return !deciding;
}

/** `&&` and `||`: commutative, so that the side that decides outweighs an error of the other. */
function junction(left: Step, right: Step, deciding: boolean): Step {
  return (frame) => {
    let failure: CelError | undefined;
    for (const side of [left, right]) {
      try {
        if (isTrue(side(frame)) === deciding) return deciding;
      } catch (error) {
        if (!(error instanceof CelError)) throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return !deciding;
  };
}

function alternative(first: Step, second: Step, unwraps: boolean): Step {
  return (frame) => {
    const optional = first(frame);
    frame.spend(1);
    if (!(optional instanceof Optional)) throw new CelError('no such overload');
    if (optional.value === undefined) return second(frame);
    return unwraps ? optional.value : optional;
  };
}

function identifier(name: string, slot: number | undefined): Step {
  if (slot === undefined) {
    const type = new TypeValue(typeNames[name] ?? name);
    return () => type;
  }
  return (frame) => {
    frame.spend(1);
    const value = frame.slots[slot];
    if (value instanceof Lazy) return value.force(frame.left, (cost) => frame.spend(cost));
    if (value === undefined) throw new CelError(`no such attribute(s): ${name}`);
    return value;
  };
}

function select(value: Value, field: string, optional: boolean): Value {
  if (value instanceof Optional || optional) {
    const inner = value instanceof Optional ? value.value : value;
    const found = inner === undefined || !isMap(inner) ? undefined : find(inner, field);
    return found === undefined ? Optional.none : new Optional(found);
  }
  if (!isMap(value)) throw new CelError(isList(value) ? 'no such overload' : `no such key: ${field}`);
  return index(value, field);
}

function literalValue(value: Literal): Value {
  return value !== null && typeof value === 'object' && 'uint' in value ? new Uint(value.uint) : value;
}

/** Whether a value can be an argument for a parameter of this type. */
function fits(type: Type, value: Value | undefined): boolean {
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean';
    case 'int':
      return typeof value === 'bigint';
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'uint':
      return value instanceof Uint;
    case 'bytes':
      return value instanceof Uint8Array;
    case 'null':
      return value === null;
    case 'timestamp':
      return value instanceof Timestamp;
    case 'duration':
      return value instanceof Duration;
    case 'type':
      return value instanceof TypeValue;
    case 'optional':
      return value instanceof Optional && (value.value === undefined || fits(type.element, value.value));
    case 'list':
      return isList(value) && listFits(type.element, value);
    case 'map':
    case 'object':
      return isMap(value);
    case 'opaque':
      return value instanceof Opaque && value.typeName === type.name;
    default:
      return value !== undefined;
  }
}

/** The first element speaks for a list; an empty one is a list of anything. */
function listFits(element: Type, list: ListValue): boolean {
  if (element.kind === 'parameter' || element.kind === 'dyn') return true;
  for (const item of listItems(list)) return fits(element, item);
  return true;
}
