// Powers modulo an odd number, which is what RSA is. Numbers are little-endian, in whole words.

import { free, integer, malloc } from "../js/engine";
import { bytes, copyOf, enter, leave, length, truth, wipe } from "./operands";

@external("hacl", "Hacl_Bignum32_mod_exp_vartime")
declare function power(words: i32, modulus: usize, base: usize, bits: i32, exponent: usize, to: usize): i32;
@external("hacl", "Hacl_Bignum32_mod_exp_consttime")
declare function secretPower(words: i32, modulus: usize, base: usize, bits: i32, exponent: usize, to: usize): i32;

@external("hacl", "Hacl_Bignum32_mod")
declare function remainder(words: i32, modulus: usize, twice: usize, to: usize): i32;
@external("hacl", "Hacl_Bignum32_sub_mod")
declare function difference(words: i32, modulus: usize, left: usize, right: usize, to: usize): i32;
@external("hacl", "Hacl_Bignum32_mul")
declare function product(words: i32, left: usize, right: usize, twice: usize): i32;
@external("hacl", "Hacl_Bignum32_add")
declare function sum(words: i32, left: usize, right: usize, to: usize): i32;

const PUBLIC = 0;
const BY_PRIMES = 2;

/** A modulus of 4096 bits; the stack follows from it. */
const mostBytes = 512;
const stackBytes = 40960;

/**
 * RFC 8017 §5.1.2 step 2b: the power modulo the product of two primes, by powers modulo each, which are four times as quick. All that is
 * done with secret numbers is HACL*'s, in constant time. `scratch` is eight halves long.
 */
function powerByPrimes(
  half: i32, base: usize, p: usize, q: usize, dp: usize, dq: usize, qi: usize, scratch: usize, to: usize,
): bool {
  const words = half >> 2;
  const reduced = scratch;
  const ofP = scratch + half;
  const ofQ = scratch + 2 * half;
  const twice = scratch + 4 * half;
  const step = scratch + 6 * half;
  const last = scratch + 7 * half;
  if (remainder(words, p, base, reduced) == 0) return false;
  if (secretPower(words, p, reduced, half << 3, dp, ofP) == 0) return false;
  if (remainder(words, q, base, reduced) == 0) return false;
  if (secretPower(words, q, reduced, half << 3, dq, ofQ) == 0) return false;
  // The second prime may be the larger one; what lies behind `ofQ` is zero.
  if (remainder(words, p, ofQ, reduced) == 0) return false;
  difference(words, p, ofP, reduced, step);
  product(words, step, qi, twice);
  if (remainder(words, p, twice, last) == 0) return false;
  product(words, last, q, twice);
  sum(words << 1, twice, ofQ, to);
  return true;
}

/** byPrimes(base, p, q, dp, dq, qi): the base is twice as long as each of the others. */
function computeByPrimes(context: usize, values: usize): usize {
  const size = length(context, values, 0);
  const half = size >> 1;
  if (size == 0 || size > mostBytes || (size & 7) != 0) return truth(false);
  for (let at = 1; at < 6; at++) if (length(context, values, at) != half) return truth(false);
  const scratchBytes = 8 * half;
  const base = copyOf(context, values, 0);
  const p = copyOf(context, values, 1);
  const q = copyOf(context, values, 2);
  const dp = copyOf(context, values, 3);
  const dq = copyOf(context, values, 4);
  const qi = copyOf(context, values, 5);
  const scratch = malloc(scratchBytes);
  const to = malloc(size);
  const stack = enter(stackBytes);
  let outcome: usize = 0;
  let isKept = false;
  if (base != 0 && p != 0 && q != 0 && dp != 0 && dq != 0 && qi != 0 && scratch != 0 && to != 0 && stack != 0) {
    memory.fill(scratch, 0, scratchBytes);
    isKept = powerByPrimes(half, base, p, q, dp, dq, qi, scratch, to);
    outcome = isKept ? bytes(context, to, size) : truth(false);
  }
  if (!isKept) free(to);
  leave(stack, stackBytes);
  wipe(scratch, scratchBytes);
  wipe(p, half);
  wipe(q, half);
  wipe(dp, half);
  wipe(dq, half);
  wipe(qi, half);
  free(base);
  return outcome;
}

/** power(modulus, base, exponent, bits of the exponent): false when the modulus is even or the base too large. */
export function compute(context: usize, operation: i32, values: usize): usize {
  if (operation == BY_PRIMES) return computeByPrimes(context, values);
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
