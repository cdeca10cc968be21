/** Compiled code's own calling convention: registers first, then stack words the caller reserves and both sides share. */
import type { NumberType } from '../decode/module.ts';
import { type Location, registerLocation } from './locations.ts';
import {
  argumentRegisters,
  floatArgumentRegisters,
  floatResultRegisters,
  isFloatType,
  resultRegisters,
} from './registers.ts';

export interface Passing {
  readonly locations: readonly Location[];
  readonly stackWords: number;
}

function pass(
  types: readonly NumberType[],
  general: readonly number[],
  floats: readonly number[],
  stack: 'incoming' | 'outgoing',
): Passing {
  let generalCount = 0;
  let floatCount = 0;
  let stackWords = 0;
  const locations = types.map((type): Location => {
    const isFloat = isFloatType(type);
    const register = isFloat ? floats[floatCount] : general[generalCount];
    if (register === undefined) {
      const index = stackWords;
      stackWords += type === 'v128' ? 2 : 1;
      return { kind: stack, index };
    }
    if (isFloat) floatCount += 1;
    else generalCount += 1;
    return registerLocation(register);
  });
  return { locations, stackWords };
}

/** `stack` names the words as the function that asks sees them: `incoming` for the callee, `outgoing` for the caller. */
export const passArguments = (types: readonly NumberType[], stack: 'incoming' | 'outgoing'): Passing =>
  pass(types, argumentRegisters, floatArgumentRegisters, stack);

export const passResults = (types: readonly NumberType[], stack: 'incoming' | 'outgoing'): Passing =>
  pass(types, resultRegisters, floatResultRegisters, stack);
