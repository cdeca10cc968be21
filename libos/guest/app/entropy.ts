/** Cryptographically strong randomness. `Math.random()` is seeded from it. */

import { entropy_fill } from "./os";

export function randomBytes(length: i32): Uint8Array {
  const bytes = new Uint8Array(length);
  entropy_fill(bytes.dataStart, length);
  return bytes;
}
