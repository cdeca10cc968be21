/**
 * What functions of lists are estimated to cost (cel-go ext/lists.go; apiserver pkg/cel/library/cost.go). Sizes of sorted and
 * distinct lists are upstream's, too: as many as there are comparisons.
 */
import type { Overload, Part } from '../overload.ts';

type Price = Required<Pick<Overload, 'estimate' | 'size'>>;

/** A call, and the list it makes. */
const made = (count: number, factor: number): number => Math.ceil(count * factor) + 1 + 10;

function making(count: (sizes: readonly number[], parts: readonly Part[]) => number, factor = 1): Price {
  return { estimate: (sizes, parts) => made(count(sizes, parts), factor), size: count };
}

const whole = (sizes: readonly number[]): number => sizes[0] ?? 1;
const square = (sizes: readonly number[]): number => whole(sizes) ** 2;
const written = (part: Part | undefined, otherwise: number): number =>
  part?.literal === undefined ? otherwise : Number(part.literal);

const comparisonFactor = (isText: boolean): number => (isText ? 2.1 : 2);
export const sortCost = (count: number, isText: boolean): number => made(count ** 2, comparisonFactor(isText));

export const listPrices = {
  same: making(whole),
  slice: making((sizes, [, from, to]) => Math.max(0, written(to, whole(sizes)) - written(from, 0))),
  flatten: {
    estimate: (sizes, [, depth]) => made(whole(sizes), depth === undefined ? 1 : written(depth, 2 ** 32)),
    size: whole,
  },
  range: making((_, [count]) => written(count, 2 ** 32)),
  distinct: making(square, 2),
  sort: { estimate: (sizes, [list]) => sortCost(whole(sizes), list?.isOfText === true), size: square },
  /** Each element is looked at. */
  search: {
    estimate: (sizes, [list]) => whole(sizes) * (1 + (list?.isOfText === true ? Math.ceil(list.entry * 0.1) : 0)),
  },
} as const satisfies Readonly<Record<string, Partial<Price>>>;
