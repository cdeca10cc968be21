/** A function of CEL for one list of argument types: its types, what it does, what it costs. */
import type { Type } from './type.ts';
import type { Value } from './value.ts';

/** Evaluation so far, in cel-go's cost units. */
export interface Meter {
  /** Adds to what has been spent; throws when it is more than the limit. */
  spend(cost: number): void;
}

export interface Overload {
  /** As in CEL: `size`, `startsWith`, `_+_`. */
  readonly name: string;
  /** `x.f(y)`: the first parameter is the target. */
  readonly member: boolean;
  readonly parameters: readonly Type[];
  readonly result: Type;
  readonly call: (args: readonly Value[], meter: Meter) => Value;
  /** From the sizes of the arguments, and the same for the estimate from their largest sizes; 1 where absent. */
  readonly cost?: (sizes: readonly number[]) => number;
  /** Where the estimate is not the cost of the largest sizes. */
  readonly estimate?: (sizes: readonly number[], parts: readonly Part[]) => number;
  /** Largest size of the result, from those of the arguments. */
  readonly size?: (sizes: readonly number[], parts: readonly Part[]) => number;
}

/** What is known of an argument before there is a value. */
export interface Part {
  /** Its smallest size: a literal's own, otherwise 0. */
  readonly least: number;
  readonly literal?: Value;
  /** Largest size of what is in a list. */
  readonly entry: number;
  /** What is in it is text or bytes: comparing it takes longer. */
  readonly isOfText: boolean;
}

interface Price {
  readonly cost?: NonNullable<Overload['cost']>;
  readonly estimate?: NonNullable<Overload['estimate']>;
  readonly size?: NonNullable<Overload['size']>;
}

/** What `call` is at run time: a call has been matched with the signature before, so it gets values of those types. */
type Typed = (...args: readonly Value[]) => Value;

export function global(
  name: string,
  parameters: readonly Type[],
  result: Type,
  call: (...args: never[]) => Value,
  price: Price = {},
): Overload {
  return { name, member: false, parameters, result, call: (args) => (call as Typed)(...args), ...price };
}

export function member(
  name: string,
  parameters: readonly Type[],
  result: Type,
  call: (...args: never[]) => Value,
  price: Price = {},
): Overload {
  return { name, member: true, parameters, result, call: (args) => (call as Typed)(...args), ...price };
}

const traversal = 0.1;

export const traverse = (sizes: readonly number[], index = 0): number => Math.ceil((sizes[index] ?? 1) * traversal);

/** cel-go's prices (interpreter/runtimecost.go, checker/cost.go; apiserver pkg/cel/library/cost.go). */
export const prices = {
  /** Walks over its first argument. */
  first: { cost: (sizes) => traverse(sizes) },
  /** Walks over its second argument: `startsWith` looks no further. */
  second: { cost: (sizes) => traverse(sizes, 1) },
  /** Walks over it and gives something as long. */
  firstKept: { cost: (sizes) => traverse(sizes), size: (sizes) => sizes[0] ?? 1 },
  /** Each part of the first is compared with the second. */
  product: { cost: (sizes) => traverse(sizes) * traverse(sizes, 1) },
  regex: { cost: (sizes) => Math.ceil(((sizes[0] ?? 1) + 1) * traversal) * Math.ceil((sizes[1] ?? 1) * 0.25) },
  smaller: { cost: (sizes) => Math.ceil(Math.min(sizes[0] ?? 1, sizes[1] ?? 1) * traversal) },
  /** One unit for each element. */
  elements: { cost: (sizes) => sizes[0] ?? 1 },
  joined: {
    cost: (sizes) => Math.ceil(((sizes[0] ?? 1) + (sizes[1] ?? 1)) * traversal),
    size: (sizes) => (sizes[0] ?? 1) + (sizes[1] ?? 1),
  },
} as const satisfies Readonly<Record<string, Price>>;
