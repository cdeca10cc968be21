/** What HKDF and PBKDF2 have in common: their keys are input material that can only be derived from. */

import { type Bytes, checkUsages, fail, type Import } from '../algorithm.ts';
import { type CryptoKey, createKey } from '../key.ts';

export const importMaterial =
  (name: string) =>
  ({ format, data, isExtractable, usages }: Import): CryptoKey => {
    if (format !== 'raw') return fail('NotSupportedError', `${name} keys have no format ${format}`);
    checkUsages(usages, ['deriveKey', 'deriveBits'], name);
    if (isExtractable) fail('SyntaxError', `${name} keys cannot be extractable`);
    if (usages.length === 0) fail('SyntaxError', `${name} keys need at least one usage`);
    return createKey({ type: 'secret', isExtractable, algorithm: { name }, usages, bytes: data as Bytes });
  };

/** Bytes to derive; the standard knows no "as many as there are" here. */
export function sizeOf(lengthBits: number | null, name: string): number {
  if (lengthBits === null || lengthBits % 8 !== 0) {
    return fail('OperationError', `${name}: the length must be a multiple of 8 bits`);
  }
  return lengthBits / 8;
}
