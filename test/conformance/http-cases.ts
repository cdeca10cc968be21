/** Requests as bytes and the status each has to get: RFC 9112 and the limits of docs/libos.md, one row a rule. */

export interface StatusCase {
  readonly name: string;
  readonly request: string;
  readonly status: number;
}

const get = (target: string, ...fields: readonly string[]): string =>
  `GET ${target} HTTP/1.1\r\n${['Host: x', ...fields].map((field) => `${field}\r\n`).join('')}\r\n`;
const post = (body: string, ...fields: readonly string[]): string =>
  `POST /echo HTTP/1.1\r\n${['Host: x', ...fields].map((field) => `${field}\r\n`).join('')}\r\n${body}`;

/** Answered; the connection stays. */
export const accepted: readonly StatusCase[] = [
  { name: 'a plain request', request: get('/hello'), status: 200 },
  { name: 'an unknown path is the application’s business', request: get('/nowhere'), status: 404 },
  { name: 'absolute form', request: get('http://x/hello'), status: 200 },
  { name: 'absolute form with https', request: get('https://x:443/hello?y'), status: 200 },
  { name: 'an empty line before the request', request: `\r\n${get('/hello')}`, status: 200 },
  { name: 'OPTIONS * is answered by the server', request: 'OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n', status: 204 },
  { name: 'no blank after the colon', request: 'GET /hello HTTP/1.1\r\nHost:x\r\n\r\n', status: 200 },
  { name: 'blanks around a value', request: get('/hello', 'X:  \t a \t '), status: 200 },
  { name: 'an empty value', request: get('/hello', 'X:'), status: 200 },
  { name: 'an empty Host', request: 'GET /hello HTTP/1.1\r\nHost:\r\n\r\n', status: 200 },
  { name: 'bytes above ASCII in a value', request: get('/hello', 'X: \xe4\xf6'), status: 200 },
  { name: 'field names in any case', request: 'GET /hello HTTP/1.1\r\nhOsT: x\r\n\r\n', status: 200 },
  { name: 'a higher minor version', request: 'GET /hello HTTP/1.2\r\nHost: x\r\n\r\n', status: 200 },
  { name: 'a fixed body', request: post('hello', 'Content-Length: 5'), status: 200 },
  { name: 'a body of no bytes', request: post('', 'Content-Length: 0'), status: 200 },
  { name: 'POST without a length has no body', request: post(''), status: 200 },
  { name: 'a body with GET', request: `${get('/hello', 'Content-Length: 3')}abc`, status: 200 },
  { name: 'a chunked body', request: post('5\r\nhello\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'), status: 200 },
  {
    name: 'chunk sizes in upper case and with zeros',
    request: post('00A\r\n0123456789\r\n0\r\n\r\n', 'Transfer-Encoding: Chunked'),
    status: 200,
  },
  {
    name: 'chunk extensions',
    request: post('5;a=b;c="d"\r\nhello\r\n0;x\r\n\r\n', 'Transfer-Encoding: chunked'),
    status: 200,
  },
  {
    name: 'trailers',
    request: post('5\r\nhello\r\n0\r\nX: y\r\nZ: z\r\n\r\n', 'Transfer-Encoding: chunked'),
    status: 200,
  },
  { name: '100 fields', request: get('/hello', ...Array.from({ length: 99 }, (_, i) => `X-${i}: y`)), status: 200 },
  { name: 'a request line of 8 KiB', request: get(`/hello?${'a'.repeat(8192 - 24)}`), status: 200 },
  { name: 'a large field', request: get('/hello', `X: ${'a'.repeat(30000)}`), status: 200 },
];

/** Refused with this status, and the connection closed: what follows cannot be trusted. */
export const refused: readonly StatusCase[] = [
  { name: 'no version', request: 'GET /hello\r\nHost: x\r\n\r\n', status: 400 },
  { name: 'garbage', request: '\x16\x03\x01\x02\x00\x01\x00\x01', status: 400 },
  { name: 'a blank first', request: ` ${get('/hello')}`, status: 400 },
  { name: 'two blanks in the request line', request: 'GET  /hello HTTP/1.1\r\nHost: x\r\n\r\n', status: 400 },
  { name: 'a blank at the end of the request line', request: 'GET /hello HTTP/1.1 \r\nHost: x\r\n\r\n', status: 400 },
  { name: 'a tab in the request line', request: 'GET\t/hello HTTP/1.1\r\nHost: x\r\n\r\n', status: 400 },
  { name: 'a method that is no token', request: 'G{T /hello HTTP/1.1\r\nHost: x\r\n\r\n', status: 400 },
  { name: 'a target without a slash', request: get('hello'), status: 400 },
  { name: 'a target with a control character', request: get('/he\x01llo'), status: 400 },
  { name: 'a target with bytes above ASCII', request: get('/\xe4'), status: 400 },
  { name: 'a fragment', request: get('/hello#a'), status: 400 },
  { name: 'absolute form without a host', request: get('http:///hello'), status: 400 },
  { name: 'an asterisk with GET', request: get('*'), status: 400 },
  { name: 'a lower-case version', request: 'GET /hello http/1.1\r\nHost: x\r\n\r\n', status: 400 },
  { name: 'a version with two digits', request: 'GET /hello HTTP/1.10\r\nHost: x\r\n\r\n', status: 400 },
  { name: 'no Host', request: 'GET /hello HTTP/1.1\r\n\r\n', status: 400 },
  { name: 'two Hosts', request: get('/hello', 'Host: y'), status: 400 },
  { name: 'a Host that is none', request: 'GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n', status: 400 },
  { name: 'a Host with a user', request: 'GET /hello HTTP/1.1\r\nHost: a@b\r\n\r\n', status: 400 },
  { name: 'a bare LF after the request line', request: 'GET /hello HTTP/1.1\nHost: x\r\n\r\n', status: 400 },
  { name: 'bare LFs only', request: 'GET /hello HTTP/1.1\nHost: x\n\n', status: 400 },
  { name: 'a bare LF at the end', request: 'GET /hello HTTP/1.1\r\nHost: x\r\n\n', status: 400 },
  { name: 'a bare CR in a value', request: get('/hello', 'X: a\rb'), status: 400 },
  { name: 'a bare CR in the request line', request: 'GET /hello\r HTTP/1.1\r\nHost: x\r\n\r\n', status: 400 },
  { name: 'CR CR LF', request: 'GET /hello HTTP/1.1\r\r\nHost: x\r\n\r\n', status: 400 },
  { name: 'NUL in a value', request: get('/hello', 'X: a\0b'), status: 400 },
  { name: 'a blank before the colon', request: get('/hello', 'X : y'), status: 400 },
  { name: 'a tab before the colon', request: get('/hello', 'Content-Length\t: 0'), status: 400 },
  { name: 'a folded field', request: get('/hello', 'X: a', ' b'), status: 400 },
  { name: 'a folded first field', request: 'GET /hello HTTP/1.1\r\n Host: x\r\n\r\n', status: 400 },
  { name: 'a field without a name', request: get('/hello', ': y'), status: 400 },
  { name: 'a field without a colon', request: get('/hello', 'X'), status: 400 },
  { name: 'a field name with a blank', request: get('/hello', 'X Y: z'), status: 400 },
  { name: 'both lengths', request: post('0\r\n\r\n', 'Content-Length: 5', 'Transfer-Encoding: chunked'), status: 400 },
  {
    name: 'both lengths the other way round',
    request: post('0\r\n\r\n', 'Transfer-Encoding: chunked', 'Content-Length: 5'),
    status: 400,
  },
  { name: 'two lengths', request: post('hello', 'Content-Length: 5', 'Content-Length: 6'), status: 400 },
  { name: 'the same length twice', request: post('hello', 'Content-Length: 5', 'Content-Length: 5'), status: 400 },
  { name: 'a list of lengths', request: post('hello', 'Content-Length: 5, 5'), status: 400 },
  { name: 'a length with a sign', request: post('hello', 'Content-Length: +5'), status: 400 },
  { name: 'a negative length', request: post('hello', 'Content-Length: -5'), status: 400 },
  { name: 'a hexadecimal length', request: post('hello', 'Content-Length: 0x5'), status: 400 },
  { name: 'a length of no digits', request: post('hello', 'Content-Length: '), status: 400 },
  { name: 'a length beyond numbers', request: post('', 'Content-Length: 99999999999999999999'), status: 400 },
  { name: 'an encoding that is not chunked', request: post('', 'Transfer-Encoding: identity'), status: 400 },
  { name: 'chunked that is misspelt', request: post('', 'Transfer-Encoding: xchunked'), status: 400 },
  {
    name: 'two encodings fields',
    request: post('0\r\n\r\n', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
    status: 400,
  },
  { name: 'an encoding before chunked', request: post('', 'Transfer-Encoding: gzip, chunked'), status: 501 },
  {
    name: 'an encoding in HTTP/1.0',
    request: 'POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    status: 400,
  },
  { name: 'a chunk size that is none', request: post('x\r\n', 'Transfer-Encoding: chunked'), status: 400 },
  { name: 'a chunk size with a sign', request: post('-1\r\n', 'Transfer-Encoding: chunked'), status: 400 },
  { name: 'an empty chunk size', request: post('\r\n', 'Transfer-Encoding: chunked'), status: 400 },
  {
    name: 'a chunk longer than its size',
    request: post('3\r\nhello\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'),
    status: 400,
  },
  {
    name: 'a bare LF after a chunk size',
    request: post('5\nhello\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'),
    status: 400,
  },
  {
    name: 'a bare LF in a chunk extension',
    request: post('5;a\nhello\r\n0\r\n\r\n', 'Transfer-Encoding: chunked'),
    status: 400,
  },
  { name: 'a chunk size beyond numbers', request: post('ffffffffff\r\n', 'Transfer-Encoding: chunked'), status: 413 },
  { name: 'HTTP/1.0 POST without a length', request: 'POST /echo HTTP/1.0\r\n\r\n', status: 411 },
  { name: 'a body above 1 MiB', request: post('', 'Content-Length: 1048577'), status: 413 },
  { name: 'a chunk above 1 MiB', request: post('100001\r\n', 'Transfer-Encoding: chunked'), status: 413 },
  { name: 'a request line above 8 KiB', request: get(`/${'a'.repeat(8192)}`), status: 414 },
  { name: 'an unfinished request line above 8 KiB', request: `GET /${'a'.repeat(9000)}`, status: 414 },
  { name: 'an expectation nobody knows', request: post('', 'Expect: 200-ok', 'Content-Length: 5'), status: 417 },
  { name: '101 fields', request: get('/hello', ...Array.from({ length: 100 }, (_, i) => `X-${i}: y`)), status: 431 },
  {
    name: 'fields above 40 KiB in all',
    request: get('/hello', ...Array.from({ length: 9 }, () => `X: ${'a'.repeat(5000)}`)),
    status: 431,
  },
  { name: 'an unknown method', request: 'BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n', status: 501 },
  { name: 'CONNECT', request: 'CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n', status: 501 },
  { name: 'TRACE', request: 'TRACE /hello HTTP/1.1\r\nHost: x\r\n\r\n', status: 501 },
  { name: 'a method in lower case', request: 'get /hello HTTP/1.1\r\nHost: x\r\n\r\n', status: 501 },
  { name: 'HTTP/2', request: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', status: 505 },
  { name: 'HTTP/0.9 by number', request: 'GET /hello HTTP/0.9\r\n\r\n', status: 505 },
];
