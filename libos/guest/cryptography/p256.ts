// The curve P-256: keys, ECDSA over a digest, ECDH. Points are their two coordinates, 64 bytes.

import { free, malloc } from "../js/engine";
import { bytes, copyOf, enter, leave, length, truth, wipe } from "./operands";

@external("hacl", "Hacl_P256_dh_initiator")
declare function publicOf(point: usize, secret: usize): i32;
@external("hacl", "Hacl_P256_ecdsa_sign_p256_without_hash")
declare function sign(signature: usize, size: i32, digest: usize, secret: usize, nonce: usize): i32;
@external("hacl", "Hacl_P256_ecdsa_verif_without_hash")
declare function verify(size: i32, digest: usize, point: usize, r: usize, s: usize): i32;
@external("hacl", "Hacl_P256_dh_responder")
declare function agree(shared: usize, point: usize, secret: usize): i32;
@external("hacl", "Hacl_P256_validate_public_key")
declare function isPoint(point: usize): i32;
@external("hacl", "Hacl_P256_validate_private_key")
declare function isSecret(secret: usize): i32;
@external("hacl", "Hacl_P256_compressed_to_raw")
declare function decompress(compressed: usize, point: usize): i32;

const PUBLIC = 0;
const SIGN = 1;
const VERIFY = 2;
const AGREE = 3;
const IS_POINT = 4;
const IS_SECRET = 5;
const DECOMPRESS = 6;

const stackBytes = 16384;
const scalarBytes = 32;
const pointBytes = 64;
const compressedBytes = 33;

/** Sizes of the operands, as HACL* reads so many bytes whatever it is given. */
function isWellFormed(context: usize, operation: i32, values: usize): bool {
  const first = length(context, values, 0);
  switch (operation) {
    case PUBLIC: return first == scalarBytes;
    case IS_SECRET: return first == scalarBytes;
    case IS_POINT: return first == pointBytes;
    case DECOMPRESS: return first == compressedBytes;
    case SIGN:
      return first == scalarBytes && length(context, values, 1) == scalarBytes && length(context, values, 2) == scalarBytes;
    case VERIFY:
      return first == pointBytes && length(context, values, 1) == scalarBytes && length(context, values, 2) == pointBytes;
    case AGREE: return first == scalarBytes && length(context, values, 1) == pointBytes;
  }
  return false;
}

/** public(secret), sign(secret, nonce, digest), verify(point, digest, signature), agree(secret, point), isPoint, isSecret, decompress. */
export function compute(context: usize, operation: i32, values: usize): usize {
  if (!isWellFormed(context, operation, values)) return truth(false);
  const hasSecond = operation == SIGN || operation == VERIFY || operation == AGREE;
  const hasThird = operation == SIGN || operation == VERIFY;
  const first = copyOf(context, values, 0);
  const second = hasSecond ? copyOf(context, values, 1) : 0;
  const third = hasThird ? copyOf(context, values, 2) : 0;
  const to = malloc(pointBytes);
  const stack = enter(stackBytes);
  let outcome: usize = 0;
  let isKept = false;
  if (first != 0 && to != 0 && stack != 0 && (second != 0 || !hasSecond) && (third != 0 || !hasThird)) {
    let isDone: i32 = 0;
    let hasBytes = false;
    switch (operation) {
      case PUBLIC: { isDone = publicOf(to, first); hasBytes = true; break; }
      case SIGN: { isDone = sign(to, scalarBytes, third, first, second); hasBytes = true; break; }
      case VERIFY: { isDone = verify(scalarBytes, second, first, third, third + scalarBytes); break; }
      case AGREE: { isDone = agree(to, second, first); hasBytes = true; break; }
      case IS_POINT: { isDone = isPoint(first); break; }
      case IS_SECRET: { isDone = isSecret(first); break; }
      case DECOMPRESS: { isDone = decompress(first, to); hasBytes = true; break; }
    }
    isKept = hasBytes && isDone != 0;
    outcome = isKept ? bytes(context, to, pointBytes) : truth(isDone != 0);
  }
  if (!isKept) free(to);
  leave(stack, stackBytes);
  wipe(first, length(context, values, 0));
  if (second != 0) wipe(second, length(context, values, 1));
  free(third);
  return outcome;
}
