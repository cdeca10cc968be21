/** Web Cryptography §30 SHA, by `@noble/hashes`. */

import { sha1 } from '@noble/hashes/legacy.js';
import { sha256, sha384, sha512 } from '@noble/hashes/sha2.js';
import { type Bytes, fail, parametersOf, register } from '../algorithm.ts';

const hashes = { 'SHA-1': sha1, 'SHA-256': sha256, 'SHA-384': sha384, 'SHA-512': sha512 } as const;

export type HashName = keyof typeof hashes;

export type Hash = (typeof hashes)[HashName];

for (const [name, hash] of Object.entries(hashes)) register({ name, digest: (data) => hash(data) as Bytes });

/** The `hash` member of other algorithms' parameters. */
export function hashNameOf(given: unknown): HashName {
  if (given === undefined) throw new TypeError('The algorithm needs a member "hash"');
  const { name } = parametersOf(given);
  const known = (Object.keys(hashes) as HashName[]).find((one) => one.toLowerCase() === name.toLowerCase());
  return known ?? fail('NotSupportedError', `The hash ${name} is not supported`);
}

export const hashOf = (name: HashName): Hash => hashes[name];
