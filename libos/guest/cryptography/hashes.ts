// SHA-1, SHA-256, SHA-384, SHA-512, HMAC and rounds of PBKDF2. Operation: two bits of the hash, above them what is done with it.

import { free, integer, malloc } from "../js/engine";
import { bytes, copyOf, enter, leave, length, wipe } from "./operands";

@external("hacl", "Hacl_Streaming_SHA1_legacy_hash")
declare function sha1(data: usize, size: i32, digest: usize): i32;
@external("hacl", "Hacl_Streaming_SHA2_hash_256")
declare function sha256(data: usize, size: i32, digest: usize): i32;
@external("hacl", "Hacl_Streaming_SHA2_hash_384")
declare function sha384(data: usize, size: i32, digest: usize): i32;
@external("hacl", "Hacl_Streaming_SHA2_hash_512")
declare function sha512(data: usize, size: i32, digest: usize): i32;
@external("hacl", "Hacl_HMAC_legacy_compute_sha1")
declare function hmacSha1(mac: usize, key: usize, keySize: i32, data: usize, size: i32): i32;
@external("hacl", "Hacl_HMAC_compute_sha2_256")
declare function hmacSha256(mac: usize, key: usize, keySize: i32, data: usize, size: i32): i32;
@external("hacl", "Hacl_HMAC_compute_sha2_384")
declare function hmacSha384(mac: usize, key: usize, keySize: i32, data: usize, size: i32): i32;
@external("hacl", "Hacl_HMAC_compute_sha2_512")
declare function hmacSha512(mac: usize, key: usize, keySize: i32, data: usize, size: i32): i32;

const DIGEST = 0;
const HMAC = 1;
const ROUNDS = 2;

/** Twice what HACL* was seen to use, here and in the other families; a test watches what lies behind (seal/engine/cryptography.test.ts). */
const stackBytes = 4096;

// @ts-ignore: decorator
@inline
function sizeOf(hash: i32): i32 {
  return hash == 0 ? 20 : hash == 1 ? 32 : hash == 2 ? 48 : 64;
}

function digest(hash: i32, data: usize, size: i32, to: usize): void {
  switch (hash) {
    case 0: { sha1(data, size, to); return; }
    case 1: { sha256(data, size, to); return; }
    case 2: { sha384(data, size, to); return; }
  }
  sha512(data, size, to);
}

function hmac(hash: i32, key: usize, keySize: i32, data: usize, size: i32, to: usize): void {
  switch (hash) {
    case 0: { hmacSha1(to, key, keySize, data, size); return; }
    case 1: { hmacSha256(to, key, keySize, data, size); return; }
    case 2: { hmacSha384(to, key, keySize, data, size); return; }
  }
  hmacSha512(to, key, keySize, data, size);
}

/** RFC 8018 §5.2, steps of F: `block` holds the last U and the sum of all of them so far. */
function rounds(hash: i32, key: usize, keySize: i32, block: usize, count: i32): void {
  const size = sizeOf(hash);
  for (let round = 0; round < count; round++) {
    hmac(hash, key, keySize, block, size, block);
    for (let at = 0; at < size; at += 4) {
      const sum = block + size + at;
      store<u32>(sum, load<u32>(sum) ^ load<u32>(block + at));
    }
  }
}

/** digest(data), HMAC(key, data), rounds(key, U and sum, count). */
export function compute(context: usize, operation: i32, values: usize): usize {
  const hash = operation & 3;
  const size = sizeOf(hash);
  const first = copyOf(context, values, 0);
  const firstSize = length(context, values, 0);
  const stack = enter(stackBytes);
  let outcome: usize = 0;
  if (first != 0 && stack != 0) {
    if (operation >> 2 == DIGEST) {
      const block = malloc(size);
      if (block != 0) digest(hash, first, firstSize, block);
      outcome = bytes(context, block, size);
    } else {
      const data = copyOf(context, values, 1);
      if (data != 0 && operation >> 2 == HMAC) {
        const block = malloc(size);
        if (block != 0) hmac(hash, first, firstSize, data, length(context, values, 1), block);
        outcome = bytes(context, block, size);
        free(data);
      } else if (data != 0 && operation >> 2 == ROUNDS && length(context, values, 1) == size << 1) {
        rounds(hash, first, firstSize, data, integer(context, values + 16));
        outcome = bytes(context, data, size << 1);
      } else {
        free(data);
      }
    }
  }
  leave(stack, stackBytes);
  // It may be a key.
  wipe(first, firstSize);
  return outcome;
}
