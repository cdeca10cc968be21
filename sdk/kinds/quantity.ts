import type { Quantity } from './pod.ts';

/** Suffixes of apimachinery's resource.Quantity ("Quantity" in the API reference). */
const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const quantityPattern = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?$/;

/** The amount in base units: cores, bytes, counts. Throws a RangeError that names the text when it is not a quantity. */
export function parseQuantity(quantity: Quantity): number {
  if (typeof quantity === 'number') return quantity;
  const match = quantityPattern.exec(quantity);
  const factor = match?.[3] !== undefined ? 10 ** Number(match[3]) : suffixes[match?.[2] ?? ''];
  if (match === null || factor === undefined) {
    throw new RangeError(
      `"${quantity}" is not a quantity; write a number with an optional suffix, such as 250m or 64Mi`,
    );
  }
  // Multiplying by 1e-3 leaves 0.30000000000000004-like sums; dividing does not for the common case.
  return factor < 1 ? Number(match[1]) / Math.round(1 / factor) : Number(match[1]) * factor;
}
