/** Fetch standard §6 data: URLs. */

import { atob } from '../base64/base64.ts';

export interface DataUrl {
  /** The MIME type, for Content-Type. */
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const surroundingWhitespace = /^[\t\n\r ]+|[\t\n\r ]+$/g;
const base64Mark = /; *base64$/i;
const hexadecimal = /^[0-9A-Fa-f]{2}$/;

/** URL standard §1.3 percent-decode: one character a byte before and after. */
function percentDecode(text: string): string {
  const parts = text.split('%');
  return parts
    .map((part, at) => {
      const digits = part.slice(0, 2);
      if (at === 0) return part;
      return hexadecimal.test(digits) ? String.fromCharCode(Number.parseInt(digits, 16)) + part.slice(2) : `%${part}`;
    })
    .join('');
}

/** MIME Sniffing standard §4.4 parse, §4.5 serialize: what fetch does to a type, but for quoted strings with escapes. */
function normalType(given: string): string | null {
  const [essence = '', ...parameters] = given.split(';');
  const [type = '', subtype = '', ...more] = essence.replace(surroundingWhitespace, '').split('/');
  if (!token.test(type) || !token.test(subtype) || more.length > 0) return null;
  const seen = new Map<string, string>();
  for (const parameter of parameters) {
    const equals = parameter.indexOf('=');
    const name = parameter
      .slice(0, equals)
      .replace(/^[\t\n\r ]+/, '')
      .toLowerCase();
    const value = parameter.slice(equals + 1).replace(/[\t\n\r ]+$/, '');
    const bare = /^"(.*)"$/.exec(value)?.[1] ?? value;
    if (equals > 0 && token.test(name) && bare !== '' && !seen.has(name)) seen.set(name, bare);
  }
  const shown = [...seen].map(([name, value]) => `;${name}=${token.test(value) ? value : `"${value}"`}`);
  return `${type.toLowerCase()}/${subtype.toLowerCase()}${shown.join('')}`;
}

/** Null when it is none; `url` is serialized, with or without a fragment. */
export function parseDataUrl(url: string): DataUrl | null {
  const input = url.replace(/^data:/, '').replace(/#.*$/s, '');
  const comma = input.indexOf(',');
  if (comma < 0) return null;
  let type = input.slice(0, comma).replace(surroundingWhitespace, '');
  let body = percentDecode(input.slice(comma + 1));
  if (base64Mark.test(type)) {
    try {
      body = atob(body);
    } catch {
      return null;
    }
    type = type.replace(base64Mark, '');
  }
  if (type.startsWith(';')) type = `text/plain${type}`;
  return {
    type: normalType(type) ?? 'text/plain;charset=US-ASCII',
    body: Uint8Array.from(body, (letter) => letter.charCodeAt(0)),
  };
}
