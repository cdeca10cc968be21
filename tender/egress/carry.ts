/**
 * Carries bytes between an image and its peer. Towards the peer they go as they come. Towards the image they are framed -
 * u32 little endian length, bytes; length 0 is the end of the stream - because a Unix socket cannot tell an end from a
 * reset: what closes without that end was cut off, and the image learns so.
 */
import type { Socket } from 'node:net';

/** Means nothing: asks whether anybody is there. */
const probeLength = 0xffff_ffff;
/** An image that sends no more, or is not read, may have closed; that shows only when something is sent to it. */
const probeMs = 5_000;
/** A peer that has gone without a word is noticed by the kernel's keep-alive. */
const keepAliveMs = 60_000;

const header = (length: number): Buffer => {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(length);
  return bytes;
};

/** Resolves when both are closed; aborting cuts both off. Bounded: neither side is read while the other takes no more. */
export const carry = (image: Socket, peer: Socket, signal: AbortSignal): Promise<void> =>
  new Promise((settle) => {
    let probe: NodeJS.Timeout | undefined;
    let hasEnded = false;
    let openCount = 2;

    const startProbe = (): void => {
      probe ??= setInterval(() => {
        if (!hasEnded && !image.writableNeedDrain && !image.destroyed) image.write(header(probeLength));
      }, probeMs).unref();
    };

    const cutOff = (): void => {
      image.destroy();
      peer.destroy();
    };
    const onClosed = (): void => {
      openCount -= 1;
      if (openCount > 0) return;
      clearInterval(probe);
      signal.removeEventListener('abort', cutOff);
      settle();
    };
    signal.addEventListener('abort', cutOff, { once: true });

    peer.setNoDelay(true);
    peer.setKeepAlive(true, keepAliveMs);
    peer.on('data', (chunk: Buffer) => {
      image.cork();
      image.write(header(chunk.length));
      const hasRoom = image.write(chunk);
      image.uncork();
      if (!hasRoom) peer.pause();
    });
    peer.on('end', () => {
      hasEnded = true;
      image.end(header(0));
    });
    peer.on('drain', () => {
      image.resume();
      if (image.readableEnded) return;
      clearInterval(probe);
      probe = undefined;
    });
    peer.on('error', () => {});
    peer.on('close', () => {
      // Without its end the image's side must not have one either.
      if (!hasEnded) image.destroy();
      else if (!image.readableEnded) image.resume();
      onClosed();
    });

    image.on('data', (chunk: Buffer) => {
      if (peer.write(chunk)) return;
      image.pause();
      startProbe();
    });
    image.on('end', () => {
      peer.end();
      startProbe();
    });
    image.on('drain', () => peer.resume());
    image.on('error', () => {});
    image.on('close', () => {
      // What the image has sent still goes out; nobody is there for what comes.
      if (!peer.destroyed) peer.destroySoon();
      onClosed();
    });
    // It was paused since its header had come.
    image.resume();
    if (signal.aborted) cutOff();
  });
