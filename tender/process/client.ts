/** The client of the native tender: connects to it, or starts it first. */
import type { Socket } from 'node:net';
import { type Exit, type SlotSpec, type SlotState, type Tender, TenderError, type TenderEvent } from '../instances.ts';
import { describeExit } from './exit.ts';
import { createReplyReader, encodeRequest, type RawState, type Reply, type Request } from './frames.ts';
import { checkImageDigest } from './image-digest.ts';
import { decodeLabel } from './label.ts';
import { connectOrStart } from './launch.ts';
import { encodeSpec } from './spec.ts';
import { loadSymbols } from './symbols.ts';

export interface ProcessTenderOptions {
  /** The tender's own program, sealed from `nativeTenderSource`. */
  readonly binaryPath: string;
  /** Unix socket; at most 107 bytes. The tender is started when nothing answers there. */
  readonly socketPath: string;
  /** How long a tender without a client goes on running its instances. Takes effect when this call starts it. */
  readonly clientGraceMs?: number;
}

export interface ProcessTender extends Tender {
  /**
   * Resolves when the connection is gone, whoever ended it: another client has taken over, the tender has died, or
   * `close` was called. Connect again and `list`.
   */
  readonly closed: Promise<void>;
}

interface Pending {
  readonly states: TenderEvent[];
  readonly resolve: (states: readonly TenderEvent[]) => void;
  readonly reject: (error: TenderError) => void;
}

const rfc3339 = (nanoseconds: bigint): string => {
  const seconds = new Date(Number(nanoseconds / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  return `${seconds}.${String(nanoseconds % 1_000_000_000n).padStart(9, '0')}Z`;
};

const endedState = (raw: RawState): Exit => {
  const { name, memoryLimitBytes, timeLimitMs, symbolsPath } = decodeLabel(raw.label);
  const { waitStatus, report, killedFor } = raw;
  const symbols = report.startsWith('trap ') ? loadSymbols(symbolsPath) : undefined;
  return {
    ...describeExit({ waitStatus, report, killedFor, imageName: name, memoryLimitBytes, timeLimitMs }, symbols),
    startedAt: rfc3339(raw.startedAtNs),
    finishedAt: rfc3339(raw.finishedAtNs),
  };
};

const stateOf = (raw: RawState): SlotState => {
  const { bootCount } = raw;
  switch (raw.kind) {
    case 'asleep':
      return { kind: 'asleep', bootCount };
    case 'running':
      return { kind: 'running', bootCount, pid: raw.pid, startedAt: rfc3339(raw.startedAtNs) };
    case 'ended':
      return { kind: 'ended', bootCount, exit: endedState(raw) };
  }
};

const createConnection = (
  socket: Socket,
): ProcessTender & { request(request: Request): Promise<readonly TenderEvent[]> } => {
  const pending = new Map<number, Pending>();
  const stops = new Map<string, Promise<void>>();
  const listeners: ((event: TenderEvent) => void)[] = [];
  const readReplies = createReplyReader();
  let lastRequest = 0;
  let isClosed = false;

  const onReply = (reply: Reply): void => {
    if (reply.kind === 'state') {
      const event: TenderEvent = { id: reply.state.id, state: stateOf(reply.state) };
      if (reply.request === 0) for (const listener of listeners) listener(event);
      else pending.get(reply.request)?.states.push(event);
      return;
    }
    const waiting = pending.get(reply.request);
    pending.delete(reply.request);
    if (reply.kind === 'done') waiting?.resolve(waiting.states);
    else waiting?.reject(new TenderError(reply.code, reply.message));
  };

  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      isClosed = true;
      for (const waiting of pending.values()) {
        waiting.reject(new TenderError('ConnectionLost', 'the connection to the tender is gone; connect again'));
      }
      pending.clear();
      resolve();
    });
  });
  socket.on('error', () => socket.destroy());
  const replies = (chunk: Uint8Array): readonly Reply[] => {
    try {
      return readReplies(chunk);
    } catch (error) {
      // A byte stream that is out of step cannot be resumed; whoever waits learns it from `close`.
      socket.destroy(error as Error);
      return [];
    }
  };
  // Outside of the `try`: a listener that throws is a defect of its own, not one of the connection.
  socket.on('data', (chunk: Uint8Array) => {
    for (const reply of replies(chunk)) onReply(reply);
  });

  const request = (content: Request): Promise<readonly TenderEvent[]> =>
    new Promise((resolve, reject) => {
      if (isClosed) {
        reject(new TenderError('ConnectionLost', 'the connection to the tender is gone; connect again'));
        return;
      }
      lastRequest += 1;
      pending.set(lastRequest, { states: [], resolve, reject });
      socket.write(encodeRequest(lastRequest, content));
    });

  return {
    request,
    closed,
    async start(spec: SlotSpec) {
      const bytes = encodeSpec(spec);
      await checkImageDigest(spec);
      const [event] = await request({ kind: 'start', spec: bytes });
      if (!event) throw new TenderError('Protocol', 'the tender confirmed a start without saying the state');
      return event.state;
    },
    stop(id, graceMs) {
      // A second, more urgent stop takes over; the first is done when that one is.
      const stopping: Promise<void> = request({ kind: 'stop', id, graceMs }).then(
        () => undefined,
        (error: TenderError) => {
          const successor = stops.get(id);
          if (error.code === 'Superseded' && successor && successor !== stopping) return successor;
          throw error;
        },
      );
      stops.set(id, stopping);
      const forget = (): void => {
        if (stops.get(id) === stopping) stops.delete(id);
      };
      stopping.then(forget, forget);
      return stopping;
    },
    list: () => request({ kind: 'list' }),
    onEvent(listener) {
      listeners.push(listener);
    },
    async close() {
      socket.end();
      await closed;
    },
  };
};

/** The returned connection replaces any other client's. */
export const connectProcessTender = async (options: ProcessTenderOptions): Promise<ProcessTender> => {
  const connection = createConnection(await connectOrStart(options));
  try {
    // A tender that speaks another protocol version says so instead of `done`.
    await connection.request({ kind: 'hello' });
  } catch (error) {
    await connection.close();
    throw error;
  }
  return connection;
};
