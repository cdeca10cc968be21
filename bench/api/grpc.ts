/** gRPC over Node's own HTTP/2 (github.com/grpc/grpc doc/PROTOCOL-HTTP2.md), and the few lines of protobuf etcd needs. */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { Watch } from './stores.ts';

export interface GrpcConnection {
  /** Gives the size of the answer. Rejects on a grpc-status other than 0. */
  call(path: string, message: Buffer): Promise<number>;
  /** Sends one message and leaves the stream open. Resolves with the first answer. */
  stream(path: string, message: Buffer, onMessage: (message: Buffer) => void): Promise<Watch>;
  close(): void;
}

const prefixBytes = 5;

/** The certificate is one the server made for itself. */
export async function connectGrpc(address: string): Promise<GrpcConnection> {
  const session = connect(address, { rejectUnauthorized: false });
  session.setMaxListeners(0);
  await new Promise<void>((resolve, reject) => {
    session.once('remoteSettings', () => resolve());
    session.on('error', reject);
  });
  session.setLocalWindowSize(2 ** 30);
  return {
    call: (path, message) => call(session, path, message),
    stream: (path, message, onMessage) => stream(session, path, message, onMessage),
    close: () => session.destroy(),
  };
}

function open(session: ClientHttp2Session, path: string, message: Buffer): ClientHttp2Stream {
  const sent = session.request({
    ':method': 'POST',
    ':path': path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const prefix = Buffer.alloc(prefixBytes);
  prefix.writeUInt32BE(message.length, 1);
  sent.write(Buffer.concat([prefix, message]));
  return sent;
}

function call(session: ClientHttp2Session, path: string, message: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = open(session, path, message);
    sent.end();
    let sizeBytes = 0;
    let status = 'none';
    sent.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length;
    });
    const look = (headers: { readonly 'grpc-status'?: string | string[] | undefined }): void => {
      status = String(headers['grpc-status'] ?? status);
    };
    sent.on('response', look);
    sent.on('trailers', look);
    sent.on('error', reject);
    sent.on('end', () => {
      if (status === '0') resolve(sizeBytes);
      else reject(new Error(`${path}: grpc-status ${status}`));
    });
  });
}

function stream(
  session: ClientHttp2Session,
  path: string,
  message: Buffer,
  onMessage: (message: Buffer) => void,
): Promise<Watch> {
  return new Promise((resolve, reject) => {
    const sent = open(session, path, message);
    let pending: Buffer = Buffer.alloc(0);
    sent.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (;;) {
        if (pending.length < prefixBytes) return;
        const end = prefixBytes + pending.readUInt32BE(1);
        if (pending.length < end) return;
        onMessage(pending.subarray(prefixBytes, end));
        pending = pending.subarray(end);
        resolve({ cancel: () => sent.destroy() });
      }
    });
    sent.on('error', reject);
  });
}

/** A field of bytes, text or a message (protobuf.dev/programming-guides/encoding, wire type 2). */
export function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
}

function varint(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)];
}

/** The fields of a message that hold bytes. */
export function* fieldsOf(message: Buffer): Generator<readonly [number, Buffer]> {
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = next();
    const amount = next();
    if ((tag & 7) !== 2) continue;
    yield [tag >>> 3, message.subarray(at, at + amount)];
    at += amount;
  }
}
