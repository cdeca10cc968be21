/** From the least to the most a value or a cost can be, as cel-go counts: in 64 bits that do not overflow. */

/** As much as there can be. */
export const most = 2 ** 64;

export interface Size {
  readonly min: number;
  readonly max: number;
}

export const unknown: Size = { min: 0, max: most };
export const fixed = (size: number): Size => ({ min: size, max: size });

const capped = (min: number, max: number): Size => ({ min: Math.min(min, most), max: Math.min(max, most) });

export const times = (one: Size, other: Size): Size => capped(one.min * other.min, one.max * other.max);
export const union = (one: Size, other: Size): Size => ({
  min: Math.min(one.min, other.min),
  max: Math.max(one.max, other.max),
});
