/** Where a value is while a piece of code runs. */
import type { NumberType } from '../decode/module.ts';

export type Location =
  | { readonly kind: 'register'; readonly register: number }
  /** Spill slot of the frame. */
  | { readonly kind: 'slot'; readonly index: number }
  | { readonly kind: 'constant'; readonly bits: bigint }
  /** Stack word of the caller that carries an argument or takes a result. */
  | { readonly kind: 'incoming'; readonly index: number }
  /** Stack word for a callee. */
  | { readonly kind: 'outgoing'; readonly index: number };

export const registerLocations: readonly (Location & { readonly kind: 'register' })[] = Array.from(
  { length: 32 },
  (_, register) => ({ kind: 'register', register }),
);

export const registerLocation = (register: number): Location =>
  registerLocations[register] ?? { kind: 'register', register };

export function sameLocation(a: Location, b: Location): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'register':
      return b.kind === 'register' && a.register === b.register;
    case 'constant':
      return b.kind === 'constant' && a.bits === b.bits;
    default:
      return a.kind === b.kind && a.index === b.index;
  }
}

export interface Move {
  readonly to: Location;
  readonly from: Location;
  readonly type: NumberType;
}
