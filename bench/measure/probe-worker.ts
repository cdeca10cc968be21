/** The prober's thread: connects without a pause until a server answers, and says when the first byte came. */
import { connect } from 'node:net';
import { parentPort } from 'node:worker_threads';
import type { ProbeReply, ProbeRequest } from './prober.ts';
import { loadProcessor, pinThisThread } from './processors.ts';

pinThisThread(loadProcessor);

parentPort?.on('message', ({ port, timeoutMs }: ProbeRequest) => {
  const giveUpAtMs = performance.now() + timeoutMs;
  const reply = (message: ProbeReply): void => parentPort?.postMessage(message);
  const attempt = (): void => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let answer = '';
    socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n'));
    socket.on('data', (chunk) => {
      const atNs = process.hrtime.bigint();
      if (answer === '') reply({ kind: 'answered', atNs, statusLine: chunk.toString('latin1').split('\r\n')[0] ?? '' });
      answer += chunk.toString('latin1');
      socket.destroy();
    });
    // Not listening yet, or listening but reset while it starts: both mean "again".
    const again = (): void => {
      if (answer !== '') return;
      if (performance.now() < giveUpAtMs) setImmediate(attempt);
      else reply({ kind: 'silent' });
    };
    let hasFailed = false;
    socket.on('error', () => {
      hasFailed = true;
      again();
    });
    socket.on('close', () => {
      if (!hasFailed) again();
    });
  };
  reply({ kind: 'probing' });
  attempt();
});
