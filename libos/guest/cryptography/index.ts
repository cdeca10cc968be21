// The function `__host.compute` of programs that use cryptography (libos/js/crypto/native). This module stands between the engine
// and the glue of `libos/guest/js`, and answers for one number of a function more. Families of operations are modules of their own;
// those that the program does not use are not linked (seal/engine/cryptography.ts).

import { free, freeValue, getProperty, globalObject, integer, malloc, newFunction, newString, setProperty } from "../js/engine";

@external("diatom:application", "call_function")
declare function otherFunction(context: usize, self: usize, count: i32, values: usize, id: i32): usize;
@external("diatom:family/hashes", "compute")
declare function hashes(context: usize, operation: i32, values: usize): usize;
@external("diatom:family/p256", "compute")
declare function p256(context: usize, operation: i32, values: usize): usize;
@external("diatom:family/ed25519", "compute")
declare function ed25519(context: usize, operation: i32, values: usize): usize;
@external("diatom:family/x25519", "compute")
declare function x25519(context: usize, operation: i32, values: usize): usize;
@external("diatom:family/powers", "compute")
declare function powers(context: usize, operation: i32, values: usize): usize;

/** Behind the numbers of all other functions. */
const COMPUTE = 200;
/** The engine fills up to so many arguments with `undefined`. */
const parameterCount = 7;

/** Eight characters at most, as this module has no static data: nobody keeps room for it. */
function text(characters: u64): usize {
  const block = malloc(9);
  store<u64>(block, characters);
  store<u8>(block, 0, 8);
  return block;
}

/** Build time: puts the function into `__host`. */
export function define_cryptography(context: usize): void {
  const global = globalObject(context);
  const hostText = text(0x74736f685f5f);
  const hostName = newString(context, hostText);
  const functions = getProperty(context, global, hostName);
  const computeText = text(0x657475706d6f63);
  const computeName = newString(context, computeText);
  const compute = newFunction(context, computeText, parameterCount, 0, COMPUTE);
  setProperty(context, functions, computeName, compute);
  freeValue(context, compute);
  freeValue(context, computeName);
  free(computeText);
  freeValue(context, functions);
  freeValue(context, hostName);
  free(hostText);
  freeValue(context, global);
}

/** compute(operation, …): bytes, whether it is so, or undefined where there is no memory for it. */
export function call_function(context: usize, self: usize, count: i32, values: usize, id: i32): usize {
  if (id != COMPUTE) return otherFunction(context, self, count, values, id);
  const operation = integer(context, values);
  const rest = values + 8;
  switch (operation >> 4) {
    case 0: return hashes(context, operation & 15, rest);
    case 1: return p256(context, operation & 15, rest);
    case 2: return ed25519(context, operation & 15, rest);
    case 3: return x25519(context, operation & 15, rest);
    case 4: return powers(context, operation & 15, rest);
  }
  return 0;
}
