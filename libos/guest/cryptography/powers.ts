// Powers modulo an odd number, which is what RSA is: numbers are little-endian, all as long as the modulus.

import { free, integer, malloc } from "../js/engine";
import { bytes, copyOf, enter, leave, length, truth, wipe } from "./operands";

@external("hacl", "Hacl_Bignum32_mod_exp_vartime")
declare function power(words: i32, modulus: usize, base: usize, bits: i32, exponent: usize, to: usize): i32;
@external("hacl", "Hacl_Bignum32_mod_exp_consttime")
declare function secretPower(words: i32, modulus: usize, base: usize, bits: i32, exponent: usize, to: usize): i32;

const PUBLIC = 0;

/** A modulus of 4096 bits; the stack follows from it. */
const mostBytes = 512;
const stackBytes = 40960;

/** power(modulus, base, exponent, bits of the exponent): false when the modulus is even or the base too large. */
export function compute(context: usize, operation: i32, values: usize): usize {
  const size = length(context, values, 0);
  const bits = integer(context, values + 24);
  const exponentSize = length(context, values, 2);
  const isWellFormed =
    size > 0 && size <= mostBytes && (size & 3) == 0 && length(context, values, 1) == size && bits > 0 && bits <= mostBytes * 8 &&
    (exponentSize & 3) == 0 && exponentSize << 3 >= bits;
  if (!isWellFormed) return truth(false);
  const modulus = copyOf(context, values, 0);
  const base = copyOf(context, values, 1);
  const exponent = copyOf(context, values, 2);
  const to = malloc(size);
  const stack = enter(stackBytes);
  let outcome: usize = 0;
  let isKept = false;
  if (modulus != 0 && base != 0 && exponent != 0 && to != 0 && stack != 0) {
    const words = size >> 2;
    const isDone =
      operation == PUBLIC ? power(words, modulus, base, bits, exponent, to) : secretPower(words, modulus, base, bits, exponent, to);
    isKept = isDone != 0;
    outcome = isKept ? bytes(context, to, size) : truth(false);
  }
  if (!isKept) free(to);
  leave(stack, stackBytes);
  free(modulus);
  free(base);
  wipe(exponent, exponentSize);
  return outcome;
}
