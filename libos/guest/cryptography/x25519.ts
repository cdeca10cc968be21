// X25519 (RFC 7748 §5).

import { free, malloc } from "../js/engine";
import { bytes, copyOf, enter, leave, length, truth, wipe } from "./operands";

@external("hacl", "Hacl_Curve25519_51_secret_to_public")
declare function publicOf(point: usize, secret: usize): i32;
@external("hacl", "Hacl_Curve25519_51_ecdh")
declare function agree(shared: usize, secret: usize, point: usize): i32;

const PUBLIC = 0;

const stackBytes = 8192;
const keyBytes = 32;

/** public(secret), agree(secret, point): false when what comes out is zero (§6.1). */
export function compute(context: usize, operation: i32, values: usize): usize {
  if (length(context, values, 0) != keyBytes) return truth(false);
  if (operation != PUBLIC && length(context, values, 1) != keyBytes) return truth(false);
  const secret = copyOf(context, values, 0);
  const point = operation == PUBLIC ? 0 : copyOf(context, values, 1);
  const to = malloc(keyBytes);
  const stack = enter(stackBytes);
  let outcome: usize = 0;
  let isKept = false;
  if (secret != 0 && to != 0 && stack != 0 && (point != 0 || operation == PUBLIC)) {
    if (operation == PUBLIC) {
      publicOf(to, secret);
      isKept = true;
    } else {
      isKept = agree(to, secret, point) != 0;
    }
    outcome = isKept ? bytes(context, to, keyBytes) : truth(false);
  }
  if (!isKept) free(to);
  leave(stack, stackBytes);
  wipe(secret, keyBytes);
  free(point);
  return outcome;
}
