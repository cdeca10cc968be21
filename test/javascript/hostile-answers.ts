/** Answers of servers that are wrong or mean harm, and what a program gets to see. */

interface HostileAnswer {
  readonly what: string;
  readonly answer: string;
  /** The body where it is taken, the message of the error where it is not. */
  readonly expected: string | RegExp;
}

const head = (...lines: readonly string[]): string => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const chunked = head('transfer-encoding: chunked');

export const hostileAnswers: readonly HostileAnswer[] = [
  { what: 'nothing', answer: '', expected: /closed before the response was complete/ },
  { what: 'half a head', answer: 'HTTP/1.1 200 OK\r\nx: y\r\n', expected: /closed before/ },
  { what: 'no HTTP', answer: 'SSH-2.0-OpenSSH_9.2\r\n\r\n', expected: /status line/ },
  { what: 'HTTP/2', answer: 'HTTP/2.0 200 OK\r\n\r\n', expected: /another version/ },
  { what: 'a status of two digits', answer: 'HTTP/1.1 20 OK\r\n\r\n', expected: /status line/ },
  { what: 'no reason', answer: 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok', expected: 'ok' },
  { what: 'lines that end in LF', answer: 'HTTP/1.1 200 OK\ncontent-length: 2\n\nok', expected: /CR LF/ },
  { what: 'a blank before the colon', answer: head('content-length : 2'), expected: /not well-formed/ },
  { what: 'a folded field', answer: head('x: a', ' b', 'content-length: 0'), expected: /not well-formed/ },
  { what: 'a NUL in a field', answer: head('x: a\0b'), expected: /not well-formed/ },
  { what: 'two lengths', answer: `${head('content-length: 2', 'content-length: 3')}okk`, expected: /Content-Length/ },
  { what: 'a list of lengths', answer: `${head('content-length: 2, 2')}ok`, expected: /Content-Length/ },
  { what: 'a negative length', answer: `${head('content-length: -1')}ok`, expected: /Content-Length/ },
  {
    what: 'a length and an encoding',
    answer: `${head('content-length: 2', 'transfer-encoding: chunked')}2\r\nok\r\n0\r\n\r\n`,
    expected: /both Content-Length and Transfer-Encoding/,
  },
  {
    what: 'another encoding',
    answer: `${head('transfer-encoding: gzip, chunked')}0\r\n\r\n`,
    expected: /other than chunked/,
  },
  {
    what: 'chunks in HTTP/1.0',
    answer: 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n',
    expected: /Transfer-Encoding/,
  },
  { what: 'a body up to the end of the connection', answer: `${head('x: y')}to the end`, expected: 'to the end' },
  { what: 'HTTP/1.0', answer: 'HTTP/1.0 200 OK\r\n\r\nold', expected: 'old' },
  { what: 'a body that is too short', answer: `${head('content-length: 5')}ok`, expected: /closed before/ },
  { what: 'more than the length', answer: `${head('content-length: 2')}okHTTP/1.1 200 OK\r\n\r\nevil`, expected: 'ok' },
  { what: 'good chunks', answer: `${chunked}2\r\nok\r\n3;a=b\r\nay!\r\n0\r\nx: y\r\n\r\n`, expected: 'okay!' },
  { what: 'chunks that break off', answer: `${chunked}5\r\nok`, expected: /closed before/ },
  { what: 'a chunk without a size', answer: `${chunked}\r\nok\r\n0\r\n\r\n`, expected: /chunked coding/ },
  { what: 'a chunk of size -1', answer: `${chunked}-1\r\nok\r\n0\r\n\r\n`, expected: /chunked coding/ },
  { what: 'a chunk of size 0x2', answer: `${chunked}0x2\r\nok\r\n0\r\n\r\n`, expected: /chunked coding/ },
  { what: 'a chunk of size ffffffffff', answer: `${chunked}ffffffffff\r\nok\r\n0\r\n\r\n`, expected: /256 MiB/ },
  { what: 'a chunk longer than its size', answer: `${chunked}2\r\nokay\r\n0\r\n\r\n`, expected: /chunked coding/ },
  { what: 'chunks that end in LF', answer: `${chunked}2\nok\n0\n\n`, expected: /chunked coding/ },
  {
    what: 'a hundred and one fields',
    answer: head(...Array.from({ length: 101 }, (_, at) => `x${at}: y`)),
    expected: /100 fields/,
  },
  { what: 'a head of 50 KiB', answer: head(`x: ${'y'.repeat(51_200)}`), expected: /40 KiB/ },
  { what: 'trailers without end', answer: `${chunked}0\r\n${'x: y\r\n'.repeat(3000)}\r\n`, expected: /trailers/ },
  { what: 'a status line of 9 KiB', answer: `HTTP/1.1 200 ${'O'.repeat(9216)}\r\n\r\n`, expected: /40 KiB/ },
  { what: 'another protocol', answer: 'HTTP/1.1 101 Switching\r\nupgrade: h2c\r\n\r\n', expected: /101/ },
  {
    what: 'interim responses without end',
    answer: 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(40),
    expected: /interim/,
  },
];
