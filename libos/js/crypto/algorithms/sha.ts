/** Web Cryptography §30 SHA. */

import { type Bytes, fail, parametersOf, register } from '../algorithm.ts';
import { digest, type Hash, type HashName, hashes } from '../native/hashes.ts';

const names = Object.keys(hashes) as HashName[];

for (const name of names) register({ name, digest: (data): Bytes => digest(hashes[name], data) });

/** The `hash` member of other algorithms' parameters. */
export function hashNameOf(given: unknown): HashName {
  if (given === undefined) throw new TypeError('The algorithm needs a member "hash"');
  const { name } = parametersOf(given);
  const known = names.find((one) => one.toLowerCase() === name.toLowerCase());
  return known ?? fail('NotSupportedError', `The hash ${name} is not supported`);
}

export const hashOf = (name: HashName): Hash => hashes[name];
