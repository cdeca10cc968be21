/** One request on a connection of its own, timed from connect to the first byte of the answer. */
import { connect } from 'node:net';
import { Unexpected } from './demo-steps.ts';

const timeoutMs = 10_000;

export interface Question {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** Sent by POST as JSON; without one the request is a GET. */
  readonly body?: unknown;
}

export interface Answer {
  readonly firstByteMs: number;
  readonly status: number;
  readonly body: string;
}

export function request(question: Question): Promise<Answer> {
  const { host, port } = question;
  const message = messageOf(question);
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    let firstByteMs = 0;
    let text = '';
    const socket = connect({ host, port, noDelay: true, timeout: timeoutMs });
    socket.on('connect', () => socket.write(message));
    socket.on('data', (chunk: Buffer) => {
      if (text === '') firstByteMs = performance.now() - startedMs;
      text += chunk.toString();
    });
    socket.on('timeout', () => {
      socket.destroy(new Unexpected(`an answer from ${host}:${port} within ${timeoutMs / 1000} s`, 'nothing'));
    });
    socket.on('error', reject);
    socket.on('end', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n');
      const status = Number(/^HTTP\/1\.1 (\d+) /.exec(head)?.[1]);
      if (status >= 200 && status < 300) resolve({ firstByteMs, status, body });
      else reject(new Unexpected('an answer that is fine', head === '' ? 'an empty answer' : `${head}\n${body}`));
    });
  });
}

function messageOf({ host, port, path, body }: Question): string {
  const head = (method: string, fields: string): string =>
    `${method} ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n${fields}\r\n`;
  if (body === undefined) return head('GET', '');
  const text = JSON.stringify(body);
  return `${head('POST', `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`)}${text}`;
}
