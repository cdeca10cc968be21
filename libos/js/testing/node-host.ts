import { randomFillSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers';
import { createCompute } from '../../compute-in-v8.ts';
import { type Host, setHost } from '../host.ts';
import { runTimer } from '../timers/timers.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** What the program has written to the console. */
export const consoleLines: { readonly line: string; readonly stream: 'out' | 'error' }[] = [];

let wake: NodeJS.Timeout | null = null;

/** The host interface by Node, for tests. */
export const nodeHost: Host = {
  consoleWrite: (line, stream) => consoleLines.push({ line, stream }),
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  fillRandom: (bytes) => void randomFillSync(bytes),
  encodeUtf8: (text) => encoder.encode(text),
  decodeUtf8: (bytes) => decoder.decode(bytes),
  compute: createCompute(),
  wakeAt: (deadlineMs) => {
    if (wake !== null) clearTimeout(wake);
    wake = null;
    if (deadlineMs !== Number.POSITIVE_INFINITY) wake = sleep(turn, Math.max(0, deadlineMs - performance.now()));
  },
};

/** One timer a turn of Node's loop, so that microtasks run in between. */
function turn(): void {
  runTimer();
}

setHost(nodeHost);
