/**
 * What images compute with machine code instead of the interpreter: families of operations, each linked when its module in this
 * folder is (seal/engine/cryptography.ts). Numbers of operations are those of libos/guest/cryptography.
 */
export const cryptographyFamilies = ['hashes', 'p256', 'ed25519', 'x25519', 'powers'] as const;

export type CryptographyFamily = (typeof cryptographyFamilies)[number];

/** Each family has room for so many operations. */
export const operationsOf = (family: CryptographyFamily): number => cryptographyFamilies.indexOf(family) * 16;
