/** Finding the tender on its socket, or starting it there. It is detached: it outlives whoever started it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TenderError } from '../instances.ts';
import type { ProcessTenderOptions } from './client.ts';

/** sun_path without its NUL (unix(7)). */
const socketPathBytes = 107;
const defaultClientGraceMs = 60_000;
const startTimeoutMs = 10_000;
const busyRetryMs = 5;

const tryConnect = (path: string): Promise<Socket | undefined> =>
  new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') resolve(undefined);
      else reject(new TenderError('Unreachable', `the tender's socket ${path}: ${error.message}`));
    });
  });

/** The first line of the tender's output: `ready`, or what is wrong. */
const firstLine = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new TenderError('StartFailed', `the tender did not get ready within ${startTimeoutMs / 1000} s`));
    }, startTimeoutMs);
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new TenderError('StartFailed', `the tender cannot be started: ${error.message}`));
    });
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('\n')) child.stdout?.destroy();
    });
    child.stdout?.once('close', () => {
      clearTimeout(timer);
      resolve(text.split('\n')[0] ?? '');
    });
  });

/** The tender's answer to being started: `ready`, `busy` because another one holds the socket, or what is wrong. */
const start = async ({
  binaryPath,
  socketPath,
  clientGraceMs = defaultClientGraceMs,
}: ProcessTenderOptions): Promise<string> => {
  const child = spawn(binaryPath, ['serve', socketPath, String(clientGraceMs)], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {},
    cwd: '/',
  });
  const line = await firstLine(child);
  child.unref();
  return line;
};

export const connectOrStart = async (options: ProcessTenderOptions): Promise<Socket> => {
  const { binaryPath, socketPath } = options;
  if (Buffer.byteLength(socketPath) > socketPathBytes) {
    throw new TenderError(
      'SocketPathTooLong',
      `${socketPath}: a socket's path has at most ${socketPathBytes} bytes; use a shorter directory`,
    );
  }
  const deadline = performance.now() + startTimeoutMs;
  while (performance.now() < deadline) {
    const socket = await tryConnect(socketPath);
    if (socket) return socket;
    const line = await start(options);
    if (line === 'ready') continue;
    if (line !== 'busy') {
      throw new TenderError('StartFailed', `the tender ${binaryPath} did not start: ${line || 'it ended at once'}`);
    }
    // Another one is just starting, or ending: it answers in a moment or leaves the socket to us.
    await wait(busyRetryMs);
  }
  throw new TenderError('StartFailed', `no tender answers on ${socketPath}, but one holds its lock`);
};
