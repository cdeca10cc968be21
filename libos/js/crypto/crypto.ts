/** Web Cryptography §10 the Crypto interface. `subtle` is a part of its own (`parts.ts`), as it is large. */

import { host } from '../host.ts';
import { needPart } from '../parts.ts';
import type { SubtleCrypto } from './subtle.ts';

const permission = Symbol('may create');

/** §10.1.1: more than this at once is taken for a mistake. */
const quotaBytes = 65_536;

const integerArray = /^(?:Int8|Uint8|Uint8Clamped|Int16|Uint16|Int32|Uint32|BigInt64|BigUint64)Array$/;

const hexPairs = Array.from({ length: 256 }, (_, byte) => (byte < 16 ? '0' : '') + byte.toString(16));

export class Crypto {
  constructor(given?: unknown) {
    if (given !== permission) throw new TypeError('Illegal constructor: use the global crypto');
  }

  get subtle(): SubtleCrypto {
    return needPart('subtle', 'crypto.subtle').subtle;
  }

  getRandomValues<View extends ArrayBufferView>(array: View): View {
    if (!ArrayBuffer.isView(array) || !integerArray.test(Object.prototype.toString.call(array).slice(8, -1))) {
      if (ArrayBuffer.isView(array)) {
        throw new DOMException('Only arrays of integers can be filled with random values', 'TypeMismatchError');
      }
      throw new TypeError('crypto.getRandomValues: the argument must be an array of integers');
    }
    if (array.byteLength > quotaBytes) {
      throw new DOMException(`At most ${quotaBytes} bytes can be asked for at once`, 'QuotaExceededError');
    }
    host.fillRandom(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    return array;
  }

  /** RFC 9562 §5.4 version 4. */
  randomUUID(): string {
    const bytes = new Uint8Array(16);
    host.fillRandom(bytes);
    bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40;
    bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
    let text = '';
    for (let at = 0; at < 16; at++) {
      if (at === 4 || at === 6 || at === 8 || at === 10) text += '-';
      text += hexPairs[bytes[at] as number];
    }
    return text;
  }

  get [Symbol.toStringTag](): string {
    return 'Crypto';
  }
}

export const crypto = new Crypto(permission);
