/**
 * Frames between a client and the native tender: u32 length of what follows, u32 kind, u32 request, payload. A reply
 * carries its request's number; an event carries 0.
 */
import { ByteReader, ByteWriter } from './bytes.ts';

export const protocolVersion = 3;
const maximumFrameBytes = 262_144;

const requestKinds = { hello: 1, start: 2, stop: 3, list: 4 } as const;
const replyKinds = { done: 0x80, failed: 0x81, state: 0x82 } as const;

export type Request =
  | { readonly kind: 'hello' }
  | { readonly kind: 'start'; readonly spec: Uint8Array }
  | { readonly kind: 'stop'; readonly id: string; readonly graceMs: number }
  | { readonly kind: 'list' };

const killReasons = ['nothing', 'stop', 'time-limit'] as const;
/** `nothing`: it has ended by itself or by somebody else's hand. */
export type KilledFor = (typeof killReasons)[number];

/** What the tender says of a slot; `exit.ts` puts it into words. */
export interface RawState {
  readonly kind: 'asleep' | 'running' | 'ended';
  readonly id: string;
  readonly label: string;
  readonly bootCount: number;
  readonly pid: number;
  /** Wall clock, nanoseconds since 1970. */
  readonly startedAtNs: bigint;
  readonly finishedAtNs: bigint;
  /** As `wait4` gives it. */
  readonly waitStatus: number;
  readonly maximumResidentKiB: bigint;
  /** The tender itself has killed the instance, and why. */
  readonly killedFor: KilledFor;
  /** What the instance wrote on its trap descriptor; untrusted. */
  readonly report: string;
}

export type Reply =
  | { readonly kind: 'done'; readonly request: number }
  | { readonly kind: 'failed'; readonly request: number; readonly code: string; readonly message: string }
  | { readonly kind: 'state'; readonly request: number; readonly state: RawState };

const encodePayload = (request: Request): Uint8Array => {
  switch (request.kind) {
    case 'hello':
      return new ByteWriter().u32(protocolVersion).finish();
    case 'start':
      return request.spec;
    case 'stop':
      return new ByteWriter()
        .u32(Math.min(Math.max(0, Math.round(request.graceMs)), 0x7fff_ffff))
        .field(request.id)
        .finish();
    case 'list':
      return new Uint8Array();
  }
};

export const encodeRequest = (number: number, request: Request): Uint8Array => {
  const payload = encodePayload(request);
  return new ByteWriter()
    .u32(payload.length + 8)
    .u32(requestKinds[request.kind])
    .u32(number)
    .raw(payload)
    .finish();
};

const stateKinds = ['asleep', 'running', 'ended'] as const;

const readState = (reader: ByteReader): RawState => {
  const kind = stateKinds[reader.u32()];
  if (!kind) throw new RangeError('unknown state');
  return {
    kind,
    bootCount: reader.u32(),
    pid: reader.u32(),
    waitStatus: reader.u32(),
    startedAtNs: reader.u64(),
    finishedAtNs: reader.u64(),
    maximumResidentKiB: reader.u64(),
    killedFor: killReasons[Number(reader.u64())] ?? 'nothing',
    id: reader.text(),
    label: reader.text(),
    report: reader.text(),
  };
};

const decodeReply = (frame: Uint8Array): Reply => {
  const reader = new ByteReader(frame);
  const kind = reader.u32();
  const request = reader.u32();
  switch (kind) {
    case replyKinds.done:
      return { kind: 'done', request };
    case replyKinds.failed:
      return { kind: 'failed', request, code: reader.text(), message: reader.text() };
    case replyKinds.state:
      return { kind: 'state', request, state: readState(reader) };
    default:
      throw new RangeError(`unknown frame kind ${kind}`);
  }
};

/** Takes the stream in whatever pieces it comes and gives whole replies. Throws on what no tender would send. */
export const createReplyReader = (): ((chunk: Uint8Array) => readonly Reply[]) => {
  let pending = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? Buffer.from(chunk) : Buffer.concat([pending, chunk]);
    const replies: Reply[] = [];
    while (pending.length >= 4) {
      const length = pending.readUInt32LE(0);
      if (length < 8 || length > maximumFrameBytes) throw new RangeError(`frame of ${length} bytes`);
      if (pending.length < 4 + length) break;
      replies.push(decodeReply(pending.subarray(4, 4 + length)));
      pending = pending.subarray(4 + length);
    }
    return replies;
  };
};
