/** What a request to another host fails with, in words. Codes of libos/abi.ts, and of libos/guest/os/http beyond them. */

interface Failure {
  /** For programs: the `code` of the error's cause. */
  readonly code: string;
  readonly text: string;
}

const failures: Readonly<Record<number, Failure>> = {
  1: { code: 'AGAIN', text: 'the machine cannot say yet whether there is a connection' },
  2: { code: 'CLOSED', text: 'the connection was closed before the response was complete' },
  3: { code: 'INVALID', text: 'the address is none the machine can connect to' },
  5: { code: 'LIMIT', text: 'there is no room for another connection' },
  6: { code: 'REFUSED', text: 'nobody answers there, or what answers has no certificate that can be trusted' },
  101: { code: 'BAD_RESPONSE', text: 'the response does not begin with a status line of HTTP' },
  102: { code: 'BAD_RESPONSE', text: 'the response is of another version than HTTP/1.0 or HTTP/1.1' },
  103: { code: 'BAD_RESPONSE', text: 'the response has a header field that is not well-formed' },
  104: { code: 'BAD_RESPONSE', text: 'the response has a Content-Length that is no number, or two of them' },
  105: { code: 'BAD_RESPONSE', text: 'the response has a Transfer-Encoding other than chunked' },
  106: { code: 'BAD_RESPONSE', text: 'the response has both Content-Length and Transfer-Encoding' },
  110: { code: 'TIMEOUT', text: 'nothing came for too long' },
  112: { code: 'BAD_RESPONSE', text: 'the head of the response is longer than 40 KiB, or has more than 100 fields' },
  113: { code: 'BAD_RESPONSE', text: 'the head of the response has a line that does not end in CR LF' },
  114: { code: 'BAD_RESPONSE', text: 'the response changes to a protocol nobody asked for (101)' },
  115: { code: 'BAD_RESPONSE', text: 'there are more than 32 interim responses (1xx)' },
  400: { code: 'BAD_RESPONSE', text: 'the body of the response is not well-formed chunked coding' },
  413: { code: 'BAD_RESPONSE', text: 'the body of the response has a chunk of more than 256 MiB' },
  431: {
    code: 'BAD_RESPONSE',
    text: 'the body of the response has too much besides its content: extensions of chunks, trailers',
  },
};

const deniedCode = 4;
/** A connection that was kept has gone, and nothing of a response has come over it. */
export const staleCode = 111;

/** The address as diatom.json has it. */
const shown = (address: string): string => address.replace(/^tls:/, '');

export function callError(code: number, address: string): TypeError {
  const to = shown(address);
  if (code === deniedCode) {
    const cause = new Error(
      // In a cell there are other reasons, which only the host of the egress knows.
      `the image may not connect to ${to}: put it into diatom.json, { "connect": ["${to}"] }, and build again; where it is there already, the console says why`,
    );
    return new TypeError(`fetch failed: ${to} is not among the hosts this image may connect to`, {
      cause: Object.assign(cause, { code: 'DENIED', address: to }),
    });
  }
  const { code: name, text } = failures[code === staleCode ? 2 : code] ?? {
    code: 'FAILED',
    text: `it failed (${code})`,
  };
  const cause = Object.assign(new Error(`${to}: ${text}`), { code: name, address: to });
  return new TypeError(`fetch failed: ${to}: ${text}`, { cause });
}
