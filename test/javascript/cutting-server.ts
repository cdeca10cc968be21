/** A server that cuts what it sends in every way there is: a seed decides body, framing, chunks and the pieces they are sent in. */
import { createServer } from 'node:net';
import { listening, type Upstream } from './upstream.ts';

/** Mulberry32: from 0 up to a limit. */
export function randomOf(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

export function cutBody(seed: number): string {
  const random = randomOf(seed);
  const size = random(3) === 0 ? random(200_000) : random(300);
  return Array.from({ length: size }, () => String.fromCharCode(32 + random(95))).join('');
}

/** The fields and the content of a message with this body: in one piece or in chunks. */
export function framed(seed: number): string {
  const random = randomOf(seed ^ 0x5eed);
  const body = cutBody(seed);
  if (random(4) === 0) return `content-length: ${body.length}\r\n\r\n${body}`;
  let chunks = '';
  for (let at = 0; at < body.length; ) {
    const size = 1 + random(random(3) === 0 ? 30_000 : 40);
    const part = body.slice(at, at + size);
    const digits = part.length.toString(16);
    const extension = random(5) === 0 ? ';name="value"' : '';
    chunks += `${random(2) === 0 ? digits.toUpperCase() : digits}${extension}\r\n${part}\r\n`;
    at += size;
  }
  const trailer = random(3) === 0 ? 'x-trailer: y\r\n' : '';
  return `transfer-encoding: chunked\r\n\r\n${chunks}0\r\n${trailer}\r\n`;
}

/** The text in the pieces it is sent in. */
export function cut(seed: number, text: string): readonly string[] {
  const random = randomOf(seed ^ 0xc07);
  const longest = random(2) === 0 ? 20_000 : 400;
  const pieces: string[] = [];
  for (let at = 0; at < text.length; ) {
    const size = 1 + random(text.length - at > 40 * longest ? text.length - at : longest);
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}

function message(seed: number): string {
  const interim = seed % 4 === 0 ? 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n' : '';
  return `${interim}HTTP/1.1 200 OK\r\nx-seed: ${seed}\r\n${framed(seed)}`;
}

export function startCutting(): Promise<Upstream> {
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    let asked = '';
    socket.on('data', (chunk) => {
      asked += chunk.toString('latin1');
      const seed = Number(/^GET \/(\d+) [\s\S]*\r\n\r\n$/.exec(asked)?.[1] ?? Number.NaN);
      if (Number.isNaN(seed)) return;
      asked = '';
      const pieces = [...cut(seed, message(seed))];
      const more = (): void => {
        const piece = pieces.shift();
        if (socket.destroyed || piece === undefined) return;
        socket.write(piece, 'latin1');
        setImmediate(more);
      };
      more();
    });
  });
  return listening(server);
}
