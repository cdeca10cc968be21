/**
 * Fetch standard §2.2.4 Bodies and §5.3 the Body mixin, without a stream as long as nobody asks for one: a body is the
 * string or bytes it was made from, or a reader of the glue. `body.body` (streams/part) turns it into a stream.
 */

import type { Blob } from '../file/blob.ts';
import type { FormData } from '../file/form-data.ts';
import { type BodyReader, BodyTooLarge, host } from '../host.ts';
import { linkedPart, needPart } from '../parts.ts';
import type { ReadableStream } from '../streams/streams.ts';
import type { URLSearchParams } from '../url/search-params.ts';

export type BodySource = string | Uint8Array<ArrayBuffer> | BodyReader;

export type BodyInit =
  | string
  | ArrayBuffer
  | ArrayBufferView<ArrayBufferLike>
  | Blob
  | FormData
  | URLSearchParams
  | ReadableStream;

/**
 * Classes that can be a body say so under this key, so that this file need not import them (an image that has no
 * FormData has no code for it here either).
 */
export const extractBody = Symbol('extract a body');

export interface Extracted {
  readonly source: BodySource;
  /** The Content-Type to send when the program sets none. */
  readonly type: string | null;
}

interface Extractable {
  [extractBody](): Extracted;
}

/** A body in use. Class rather than literal: one shape, made fast. */
export class Body {
  source: BodySource | null;
  stream: ReadableStream | null = null;
  /** Has been read or handed over ("disturbed"), where there is no stream to ask. */
  isUsed = false;

  constructor(source: BodySource | null) {
    this.source = source;
  }
}

/** The type of the body extracted last; a second result without an object to carry it, as this runs per response. */
let extractedType: string | null = null;

export function typeOfLastExtracted(): string | null {
  return extractedType;
}

/** §5.2 extract a body. */
export function extract(init: unknown, owner: string): Body {
  if (typeof init === 'string') {
    extractedType = 'text/plain;charset=UTF-8';
    return new Body(init);
  }
  extractedType = null;
  if (typeof init === 'object' && init !== null) {
    if (ArrayBuffer.isView(init)) {
      return new Body(new Uint8Array(init.buffer, init.byteOffset, init.byteLength).slice() as Uint8Array<ArrayBuffer>);
    }
    if (init instanceof ArrayBuffer) return new Body(new Uint8Array(init.slice(0)));
    if (extractBody in init) {
      const { source, type } = (init as Extractable)[extractBody]();
      extractedType = type;
      return new Body(source);
    }
    const streams = linkedPart('streams');
    if (streams?.isStream(init)) {
      if (init.locked || streams.isDisturbed(init)) {
        throw new TypeError(`${owner}: the stream given as body is locked or has been read from`);
      }
      const body = new Body(null);
      body.stream = init;
      return body;
    }
  }
  extractedType = 'text/plain;charset=UTF-8';
  // A template, not String(): symbols throw.
  return new Body(`${init}`);
}

/** §5.3 "unusable". */
export function isUnusable(body: Body | null): boolean {
  return body !== null && (isUsed(body) || body.stream?.locked === true);
}

export function isUsed(body: Body | null): boolean {
  if (body === null) return false;
  return body.stream === null ? body.isUsed : body.isUsed || needPart('streams', 'bodyUsed').isDisturbed(body.stream);
}

/** §5.3 the body getter. */
export function bodyStream(body: Body | null, member: string): ReadableStream | null {
  if (body === null) return null;
  if (body.stream === null) {
    body.stream = needPart('streams', member).streamOf(body.source ?? '');
    body.source = null;
  }
  return body.stream;
}

/** §2.2.4 clone a body: both halves give the same bytes. */
export function cloneBody(body: Body | null, member: string): Body | null {
  if (body === null) return null;
  if (body.stream === null) {
    const { source } = body;
    if (source !== null && typeof source === 'object' && 'whole' in source) {
      const bytes = source.whole();
      if (bytes !== undefined) body.source = bytes;
      else if (linkedPart('streams') === undefined) return shareReader(body, source);
    }
    if (typeof body.source === 'string' || body.source instanceof Uint8Array) return new Body(body.source);
  }
  const stream = bodyStream(body, member) as ReadableStream;
  const [mine, theirs] = needPart('streams', member).tee(stream);
  body.stream = mine;
  const copy = new Body(null);
  copy.stream = theirs;
  return copy;
}

/** Where there are no streams to tee: both halves wait for all bytes. */
function shareReader(body: Body, reader: BodyReader): Body {
  let all: Promise<Uint8Array<ArrayBuffer>> | null = null;
  const half = (): BodyReader => {
    let isTaken = false;
    return {
      limitBytes: reader.limitBytes,
      whole: () => undefined,
      async read() {
        if (isTaken) return null;
        isTaken = true;
        all ??= readAll(reader);
        const bytes = (await all).slice();
        return bytes.length === 0 ? null : bytes;
      },
      cancel: () => undefined,
    };
  };
  body.source = half();
  return new Body(half());
}

/** Marks the body as read and gives what it was made from. */
export function claim(body: Body, member: string): BodySource | ReadableStream {
  if (isUnusable(body)) throw new TypeError(`${member}: the body has been read already or its stream is locked`);
  body.isUsed = true;
  return body.stream ?? body.source ?? '';
}

async function readAll(reader: BodyReader): Promise<Uint8Array<ArrayBuffer>> {
  const { limitBytes = Number.POSITIVE_INFINITY } = reader;
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let sizeBytes = 0;
  for (let chunk = await reader.read(); chunk !== null; chunk = await reader.read()) {
    chunks.push(chunk);
    sizeBytes += chunk.byteLength;
    if (sizeBytes <= limitBytes) continue;
    reader.cancel();
    throw new BodyTooLarge(limitBytes);
  }
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const all = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}

/** The bytes of a source: at once when they are here. */
function bytesOf(source: BodySource | ReadableStream): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
  if (typeof source === 'string') return host.encodeUtf8(source);
  if (source instanceof Uint8Array) return source;
  const streams = linkedPart('streams');
  if (streams?.isStream(source)) return streams.readAll(source);
  const reader = source as BodyReader;
  return reader.whole() ?? readAll(reader);
}

/** §5.3 "UTF-8 decode": a leading byte order mark is dropped. */
function textOf(source: string | Uint8Array): string {
  const text = typeof source === 'string' ? source.toWellFormed() : host.decodeUtf8(source);
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Reads the whole body and converts it; every failure is a rejection. */
function consume<Result>(
  body: Body | null,
  member: string,
  convert: (bytes: Uint8Array<ArrayBuffer>) => Result,
): Promise<Result> {
  try {
    if (body === null) return Promise.resolve(convert(new Uint8Array(0)));
    const bytes = bytesOf(claim(body, member));
    if (!(bytes instanceof Uint8Array)) return bytes.then(convert);
    // The source may be shared with a clone, and the caller owns what it gets.
    return Promise.resolve(convert(bytes === body.source ? bytes.slice() : bytes));
  } catch (error) {
    return Promise.reject(error);
  }
}

/** As `consume`, but a string never becomes bytes in between. */
function consumeText<Result>(body: Body | null, member: string, convert: (text: string) => Result): Promise<Result> {
  try {
    if (body === null) return Promise.resolve(convert(''));
    const source = claim(body, member);
    if (typeof source === 'string') return Promise.resolve(convert(textOf(source)));
    const bytes = bytesOf(source);
    if (bytes instanceof Uint8Array) return Promise.resolve(convert(textOf(bytes)));
    return bytes.then((all) => convert(textOf(all)));
  } catch (error) {
    return Promise.reject(error);
  }
}

const asIs = (text: string): string => text;
const parseJson = (text: string): unknown => JSON.parse(text);

export const bodyText = (body: Body | null, member: string): Promise<string> => consumeText(body, member, asIs);

export const bodyJson = (body: Body | null, member: string): Promise<unknown> => consumeText(body, member, parseJson);

export const bodyBytes = (body: Body | null, member: string): Promise<Uint8Array<ArrayBuffer>> =>
  consume(body, member, (bytes) => bytes);

export const bodyArrayBuffer = (body: Body | null, member: string): Promise<ArrayBuffer> =>
  consume(body, member, (bytes) =>
    bytes.byteLength === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer,
  );

export const bodyBlob = (body: Body | null, type: string | null, member: string): Promise<Blob> =>
  consume(body, member, (bytes) => needPart('blobs', member).blobOf(bytes, type ?? ''));

export const bodyFormData = (body: Body | null, type: string | null, member: string): Promise<FormData> =>
  consume(body, member, (bytes) => {
    if (type === null) throw new TypeError(`${member}: there is no Content-Type to say how the form is written`);
    return needPart('forms', member).parse(bytes, type);
  });

/** The body of a request that another request is made from: it moves, and counts as read where it was. */
export function moveBody(from: Body, member: string): Body {
  const source = claim(from, member);
  const moved = new Body(from.stream === null ? (source as BodySource) : null);
  moved.stream = from.stream;
  return moved;
}

/** What the glue sends of a body; counts as reading it. */
export function sendable(body: Body): string | Uint8Array<ArrayBuffer> | BodyReader {
  const source = claim(body, 'fetch');
  if (body.stream === null) return source as BodySource;
  return needPart('streams', 'Response.body').reader(body.stream);
}
