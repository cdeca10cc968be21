/** A small load generator: keep-alive connections, each with one request in flight, and every answer accounted for. */
import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadRequest } from './request.ts';
import { createResponseCounter } from './response-counter.ts';

export interface LoadPlan {
  readonly host: string;
  readonly port: number;
  readonly request: LoadRequest;
  readonly connections: number;
  /** The load ends at whichever comes first. */
  readonly durationMs: number;
  readonly requestsMax?: number;
}

export interface LoadResult {
  readonly requests: number;
  /** Answers that were not 200, and requests whose connection broke. */
  readonly failed: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** What the first failure was, for people. */
  readonly firstFailure: string | undefined;
}

const retryDelayMs = 10;

export async function generateLoad(plan: LoadPlan): Promise<LoadResult> {
  const request = messageOf(plan);
  const latenciesMs: number[] = [];
  let sent = 0;
  let failed = 0;
  let firstFailure: string | undefined;
  const startedMs = performance.now();
  const endsMs = startedMs + plan.durationMs;
  const isOver = (): boolean => performance.now() >= endsMs || sent >= (plan.requestsMax ?? Number.POSITIVE_INFINITY);
  const fail = (what: string): void => {
    failed++;
    firstFailure ??= what;
  };

  /** Resolves when the load is over or the connection broke. */
  const drive = (): Promise<void> =>
    new Promise((resolve) => {
      const counter = createResponseCounter();
      const socket: Socket = connect({ host: plan.host, port: plan.port, noDelay: true });
      let sentMs = 0;
      let isWaiting = false;
      const next = (): void => {
        if (isOver()) {
          socket.end();
          resolve();
          return;
        }
        sent++;
        isWaiting = true;
        sentMs = performance.now();
        socket.write(request);
      };
      const broken = (what: string): void => {
        if (isWaiting) fail(what);
        isWaiting = false;
        socket.destroy();
        resolve();
      };
      socket.on('connect', next);
      socket.on('data', (chunk: Buffer) => {
        try {
          for (const status of counter.push(chunk)) {
            isWaiting = false;
            latenciesMs.push(performance.now() - sentMs);
            if (status !== 200) fail(`status ${status}`);
            next();
          }
        } catch (error) {
          broken(String(error));
        }
      });
      socket.on('error', (error) => {
        if (sentMs === 0) {
          sent++;
          fail(`cannot connect: ${error.message}`);
        }
        broken(error.message);
      });
      socket.on('close', () => broken('the connection was closed before the answer'));
    });

  const driveUntilOver = async (): Promise<void> => {
    while (!isOver()) {
      await drive();
      // After a broken connection: a server that refuses everything would otherwise be hit as fast as it can refuse.
      if (!isOver()) await pause(retryDelayMs);
    }
  };
  await Promise.all(Array.from({ length: plan.connections }, driveUntilOver));
  latenciesMs.sort((a, b) => a - b);
  return {
    requests: sent,
    failed,
    seconds: (performance.now() - startedMs) / 1000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    firstFailure,
  };
}

export function percentile(sorted: readonly number[], fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

function messageOf({ host, port, request: { method, path, headers, body } }: LoadPlan): string {
  const length = body === '' ? {} : { 'content-length': Buffer.byteLength(body) };
  const fields = Object.entries({ host: `${host}:${port}`, ...headers, ...length }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  return `${method} ${path} HTTP/1.1\r\n${fields.join('')}\r\n${body}`;
}
