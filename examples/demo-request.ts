/** One request on a connection of its own, timed from connect to the first byte of the answer. */
import { connect } from 'node:net';
import { Unexpected } from './demo-steps.ts';

const timeoutMs = 10_000;

export interface Answer {
  readonly firstByteMs: number;
  readonly statusLine: string;
  readonly body: string;
}

export function request(host: string, port: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    let firstByteMs = 0;
    let text = '';
    const socket = connect({ host, port, noDelay: true, timeout: timeoutMs });
    socket.on('connect', () => {
      socket.write(`GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`);
    });
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
      const statusLine = head.split('\r\n')[0] ?? '';
      if (/^HTTP\/1\.1 200 /.test(statusLine)) resolve({ firstByteMs, statusLine, body });
      else reject(new Unexpected('an answer with status 200', statusLine === '' ? 'an empty answer' : statusLine));
    });
  });
}
