/** URL standard §3.5 Host parsing. A host is kept as its serialisation. */

import { domainToAscii } from './idna.ts';
import { endsInNumber, parseIpv4 } from './ipv4.ts';
import { parseIpv6, serializeIpv6 } from './ipv6.ts';
import { c0ControlSet, percentDecode, percentEncode } from './percent.ts';

/** §3.1 forbidden host code points, and the further ones of domains. */
const forbiddenInHost = /[\0\t\n\r #/:<>?@[\\\]^|]/;
const forbiddenInDomain = /[\0-\x20#%/:<>?@[\\\]^|\x7f]/;

/** Hosts that come out as they are: nothing to lower, decode, map or refuse, and the last label starts with a letter. */
const plainDomain = /^(?:[a-z0-9_-]+\.)*[a-z][a-z0-9_-]*$/;

/** §3.5 the host parser; null is failure. */
export function parseHost(input: string, isOpaque: boolean): string | null {
  if (input.startsWith('[')) {
    if (!input.endsWith(']')) return null;
    const pieces = parseIpv6(input.slice(1, -1));
    return pieces === null ? null : `[${serializeIpv6(pieces)}]`;
  }
  if (isOpaque) return forbiddenInHost.test(input) ? null : percentEncode(input, c0ControlSet);
  if (plainDomain.test(input)) return input;
  const domain = domainToAscii(percentDecode(input));
  if (domain === null || domain === '' || forbiddenInDomain.test(domain)) return null;
  return endsInNumber(domain) ? parseIpv4(domain) : domain;
}
