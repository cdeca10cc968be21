/**
 * The egress: makes the outgoing connections of images that are processes or virtual machines, which cannot make any
 * themselves. It is hosted by whoever uses the native tender - an agent, `diatom run` - and listens on a Unix socket in a
 * directory of its owner's. The tender connects to it for an image, says for which slot and where to, and gives the image
 * the connection when the egress has answered.
 */
import { chmod, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { TenderError } from '../instances.ts';
import { carry } from './carry.ts';
import { createDialer, type DialerOptions, EgressError } from './dial.ts';
import { createHeaderReader, type Header } from './header.ts';

export interface EgressOptions extends DialerOptions {
  /** At most 107 bytes, in a directory only its owner may enter. A socket left over there is replaced. */
  readonly socketPath: string;
  /** Of one slot at once, those that are being dialed included. */
  readonly connectionsPerSlot?: number;
  readonly log?: (line: string) => void;
}

export interface Egress extends AsyncDisposable {
  readonly socketPath: string;
  /** Connections that stand or are being dialed. */
  readonly connectionCount: number;
  close(): Promise<void>;
}

/** First byte of an answer; a failure is followed by a sentence. */
const answers = { connected: 'k', denied: 'd', refused: 'r' } as const;
const defaultConnectionsPerSlot = 1024;
/** The tender sends its header at once. */
const headerTimeoutMs = 5_000;

/** Of the native tender's buffer for it. */
const longestReason = 400;

export const startEgress = async (options: EgressOptions): Promise<Egress> => {
  const { socketPath, connectionsPerSlot = defaultConnectionsPerSlot } = options;
  const dial = createDialer(options);
  const countOf = new Map<string, number>();
  const stop = new AbortController();
  const open = new Set<Socket>();

  const answerFailure = (image: Socket, { code, message }: EgressError): void => {
    image.end(`${answers[code]}${message.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, longestReason)}`);
    image.resume();
  };

  const serve = async (image: Socket, { policy, target }: Header, rest: Buffer): Promise<void> => {
    const attempt = new AbortController();
    const onGone = (): void => attempt.abort();
    image.once('close', onGone);
    stop.signal.addEventListener('abort', onGone, { once: true });
    try {
      const request = { slot: policy.slot, text: target, connect: policy.connect, scope: policy.scope };
      const peer = await dial(request, attempt.signal);
      if (image.destroyed) {
        peer.destroy();
        return;
      }
      image.write(answers.connected);
      if (rest.length > 0) peer.write(rest);
      await carry(image, peer, stop.signal);
    } catch (error) {
      const failure = error instanceof EgressError ? error : new EgressError('refused', String(error));
      answerFailure(image, failure);
    } finally {
      image.off('close', onGone);
      stop.signal.removeEventListener('abort', onGone);
    }
  };

  const admit = async (image: Socket, header: Header, rest: Buffer): Promise<void> => {
    const { slot } = header.policy;
    const count = countOf.get(slot) ?? 0;
    if (count >= connectionsPerSlot) {
      const message = `no connection to ${header.target}: there are ${count} already, and one instance has no more`;
      return answerFailure(image, new EgressError('refused', message));
    }
    countOf.set(slot, count + 1);
    await serve(image, header, rest);
    const left = (countOf.get(slot) ?? 1) - 1;
    if (left === 0) countOf.delete(slot);
    else countOf.set(slot, left);
  };

  const onConnection = (image: Socket): void => {
    open.add(image);
    image.once('close', () => open.delete(image));
    image.on('error', () => image.destroy());
    const timer = setTimeout(() => image.destroy(), headerTimeoutMs);
    const read = createHeaderReader();
    const onData = (chunk: Buffer): void => {
      try {
        const found = read(chunk);
        if (found === undefined) return;
        clearTimeout(timer);
        image.off('data', onData);
        image.pause();
        void admit(image, found.header, found.rest);
      } catch (error) {
        options.log?.(
          `egress: a header that no tender sends: ${error instanceof Error ? error.message : String(error)}`,
        );
        image.destroy();
      }
    };
    image.on('data', onData);
    image.once('close', () => clearTimeout(timer));
  };

  await rm(socketPath, { force: true });
  const server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((settle, reject) => {
    server.once('error', (error) => {
      reject(new TenderError('EgressFailed', `the egress cannot listen on ${socketPath}: ${error.message}`));
    });
    server.listen({ path: socketPath, backlog: 4096 }, settle);
  });
  await chmod(socketPath, 0o600);

  const close = async (): Promise<void> => {
    stop.abort();
    const closed = new Promise<void>((settle) => {
      server.close(() => settle());
    });
    for (const socket of open) socket.destroy();
    await closed;
  };
  return {
    socketPath,
    get connectionCount() {
      return [...countOf.values()].reduce((sum, count) => sum + count, 0);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
};
