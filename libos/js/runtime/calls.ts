/**
 * Sends the requests of `fetch`: heads as text, bodies piece by piece. What follows of a response is the library OS's
 * (libos/guest/os/http/client.ts): connections, framing, keeping alive. In images whose program names `fetch`.
 */
import { type BodyReader, host, type IncomingResponse, type OutgoingRequest, setHost } from '../host.ts';
import { callError, staleCode } from './call-failures.ts';
import { decompress } from './decompress.ts';
import { primitives } from './primitives.ts';

const eventHead = 0;
const eventReady = 1;

const isHeadFlag = 1;
const chunksFlag = 2;
const bodyFlag = 4;
const freshFlag = 8;

const againCode = -1;

/** RFC 9110 §9.2.2: sent twice they do what they do once. Of the others nobody knows whether the first was heard. */
const idempotent = /^(?:GET|HEAD|OPTIONS|PUT|DELETE)$/;

interface Waiting {
  readonly resolve: (response: IncomingResponse) => void;
  readonly reject: (error: unknown) => void;
}

interface Call {
  readonly address: string;
  /** Until the head of the response is there. */
  waiting: Waiting | null;
  /** Who waits for more of the response's body. */
  onBody: (() => void) | null;
  /** Who waits for room for more of the request's. */
  onRoom: (() => void) | null;
  /** Tries again on a connection of its own: the one that had been kept is gone. */
  readonly retry: (() => void) | null;
}

const calls = new Map<number, Call>();

function onCall(number: number, event: number): void {
  const call = calls.get(number);
  if (call === undefined) return;
  if (event === eventReady) {
    wake(call);
    return;
  }
  const { waiting } = call;
  call.waiting = null;
  if (event === eventHead) {
    const response = readResponse(number, call.address);
    if (!(response.body instanceof ResponseBody)) {
      calls.delete(number);
      wake(call);
    }
    waiting?.resolve(response);
    return;
  }
  calls.delete(number);
  const code = event >> 8;
  if (code === staleCode && call.retry !== null) call.retry();
  else waiting?.reject(callError(code, call.address));
  wake(call);
}

function wake(call: Call): void {
  const { onBody, onRoom } = call;
  call.onBody = null;
  call.onRoom = null;
  onBody?.();
  onRoom?.();
}

function readResponse(number: number, address: string): IncomingResponse {
  const head = primitives.callHead(number);
  const end = head.indexOf('\n');
  const fields = head.slice(end + 1);
  const body = primitives.callBody(number);
  return {
    status: Number(head.slice(0, 3)),
    statusText: head.slice(4, end),
    headers: fields === '' ? [] : fields.split('\n'),
    body: body === undefined ? null : typeof body === 'number' ? new ResponseBody(number, address) : wholeBody(body),
  };
}

function wholeBody(bytes: ArrayBuffer): BodyReader {
  let rest: Uint8Array<ArrayBuffer> | null = new Uint8Array(bytes);
  const take = (): Uint8Array<ArrayBuffer> | null => {
    const all = rest;
    rest = null;
    return all;
  };
  return { whole: () => take() ?? new Uint8Array(0), read: async () => take(), cancel: take };
}

/** A body that nobody holds any more is not read by anybody: its connection is given up. */
const dropped = new FinalizationRegistry(cancelCall);

function cancelCall(number: number): void {
  const call = calls.get(number);
  if (call === undefined) return;
  calls.delete(number);
  primitives.callCancel(number);
  wake(call);
}

class ResponseBody implements BodyReader {
  readonly #number: number;
  readonly #address: string;
  #isOver = false;

  constructor(number: number, address: string) {
    this.#number = number;
    this.#address = address;
    dropped.register(this, number, this);
  }

  whole(): undefined {}

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    const number = this.#number;
    for (;;) {
      if (this.#isOver) return null;
      const received = primitives.callReceive(number);
      if (typeof received !== 'number') return new Uint8Array(received);
      const call = calls.get(number);
      if (received === againCode && call !== undefined) {
        await new Promise<void>((resolve) => {
          call.onBody = resolve;
        });
        continue;
      }
      this.#end();
      if (received === 0) return null;
      throw callError(-received, this.#address);
    }
  }

  #end(): void {
    this.#isOver = true;
    dropped.unregister(this);
    const call = calls.get(this.#number);
    calls.delete(this.#number);
    // Whoever still sends learns that nobody listens.
    call?.onRoom?.();
  }

  cancel(): void {
    this.#isOver = true;
    dropped.unregister(this);
    cancelCall(this.#number);
  }
}

function bufferOf(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  const isWhole = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return isWhole ? bytes.buffer : bytes.slice().buffer;
}

/** Waits for room for more; false when the peer takes no more. */
async function hasRoom(number: number, behind: number): Promise<boolean> {
  if (behind < 0) return false;
  if (behind === 0) return true;
  const call = calls.get(number);
  if (call === undefined) return false;
  await new Promise<void>((resolve) => {
    call.onRoom = resolve;
  });
  return calls.has(number);
}

/** What is sent of a body at once. */
const pieceBytes = 65_536;

/** A long body takes no more of the library OS's memory than a piece. */
function piecesOf(bytes: Uint8Array<ArrayBuffer>): BodyReader {
  let at = 0;
  return {
    whole: () => undefined,
    read: async () => {
      const piece = bytes.subarray(at, at + pieceBytes);
      at += piece.length;
      return piece.length === 0 ? null : piece;
    },
    cancel: () => undefined,
  };
}

/** Never rejects: what the stream fails with is what the fetch fails with. */
async function sendBody(number: number, body: BodyReader): Promise<void> {
  try {
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      if (await hasRoom(number, primitives.callPiece(number, bufferOf(chunk)))) continue;
      // The peer has answered without waiting for all of it, or has gone, which is told elsewhere.
      return body.cancel();
    }
    primitives.callFinish(number);
  } catch (error) {
    const call = calls.get(number);
    cancelCall(number);
    call?.waiting?.reject(new TypeError('fetch failed: the stream given as body failed', { cause: error }));
  }
}

const urlPattern = /^(https?):\/\/([^/?#]*)([^#]*)/;

function addressOf(scheme: string, authority: string): string {
  const hasPort = /:\d+$/.test(authority);
  const address = hasPort ? authority : `${authority}:${scheme === 'https' ? 443 : 80}`;
  return scheme === 'https' ? `tls:${address}` : address;
}

function headOf({ method, headers, body }: OutgoingRequest, authority: string, path: string): string {
  let head = `${method} ${path.startsWith('/') ? path : `/${path}`} HTTP/1.1\r\nhost: ${authority}\r\n`;
  for (let at = 0; at + 1 < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`;
  if (body instanceof Uint8Array) head += `content-length: ${body.length}\r\n`;
  else if (body !== null) head += 'transfer-encoding: chunked\r\n';
  // Fetch §4.6 step 8.
  else if (method === 'POST' || method === 'PUT') head += 'content-length: 0\r\n';
  return `${head}\r\n`;
}

function flagsOf({ method, body }: OutgoingRequest): number {
  const ofBody = body === null ? 0 : body instanceof Uint8Array ? (body.length === 0 ? 0 : bodyFlag) : chunksFlag;
  return ofBody | (method === 'HEAD' ? isHeadFlag : 0);
}

function send(request: OutgoingRequest): Promise<IncomingResponse> {
  const [, scheme = '', authority = '', path = ''] = urlPattern.exec(request.url) ?? [];
  const address = addressOf(scheme, authority);
  const head = headOf(request, authority, path);
  const { promise, resolve, reject } = Promise.withResolvers<IncomingResponse>();
  const { body } = request;
  const canRepeat = idempotent.test(request.method) && (body === null || body instanceof Uint8Array);

  const attempt = (flags: number, retry: (() => void) | null): void => {
    const number = primitives.call(address, head, flags);
    if (number < 0) {
      reject(callError(-number, address));
      return;
    }
    calls.set(number, { address, waiting: { resolve, reject }, onBody: null, onRoom: null, retry });
    request.onAbort(() => {
      cancelCall(number);
      if (!(body instanceof Uint8Array)) body?.cancel();
    });
    if (!(body instanceof Uint8Array)) {
      if (body !== null) void sendBody(number, body);
    } else if (body.length > pieceBytes) void sendBody(number, piecesOf(body));
    else if (body.length > 0 && primitives.callPiece(number, bufferOf(body)) >= 0) primitives.callFinish(number);
  };

  const flags = flagsOf(request);
  attempt(flags, canRepeat ? () => attempt(flags | freshFlag, null) : null);
  return promise;
}

primitives.registerCalls(onCall);
setHost({ ...host, fetch: send, decompress });
