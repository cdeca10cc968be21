// Ed25519 (RFC 8032 §5.1).

import { free, malloc } from "../js/engine";
import { bytes, copyOf, enter, leave, length, truth, wipe } from "./operands";

@external("hacl", "Hacl_Ed25519_secret_to_public")
declare function publicOf(point: usize, seed: usize): i32;
@external("hacl", "Hacl_Ed25519_sign")
declare function sign(signature: usize, seed: usize, size: i32, message: usize): i32;
@external("hacl", "Hacl_Ed25519_verify")
declare function verify(point: usize, size: i32, message: usize, signature: usize): i32;

const PUBLIC = 0;
const SIGN = 1;
const VERIFY = 2;

const stackBytes = 16384;
const keyBytes = 32;
const signatureBytes = 64;

/** public(seed), sign(seed, message), verify(point, message, signature). */
export function compute(context: usize, operation: i32, values: usize): usize {
  const isVerify = operation == VERIFY;
  if (length(context, values, 0) != keyBytes) return truth(false);
  if (isVerify && length(context, values, 2) != signatureBytes) return truth(false);
  const key = copyOf(context, values, 0);
  const message = operation == PUBLIC ? 0 : copyOf(context, values, 1);
  const size = operation == PUBLIC ? 0 : length(context, values, 1);
  const signature = isVerify ? copyOf(context, values, 2) : malloc(signatureBytes);
  const stack = enter(stackBytes);
  let outcome: usize = 0;
  let isKept = false;
  if (key != 0 && signature != 0 && stack != 0 && (message != 0 || operation == PUBLIC)) {
    if (isVerify) {
      outcome = truth(verify(key, size, message, signature) != 0);
    } else {
      if (operation == SIGN) sign(signature, key, size, message);
      else publicOf(signature, key);
      isKept = true;
      outcome = bytes(context, signature, operation == SIGN ? signatureBytes : keyBytes);
    }
  }
  if (!isKept) free(signature);
  leave(stack, stackBytes);
  wipe(key, keyBytes);
  free(message);
  return outcome;
}
