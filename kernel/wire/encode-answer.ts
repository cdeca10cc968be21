/**
 * The last step of every answer: verbs, errors and documents make JSON text, and here it gets the encoding the client
 * negotiated. What a verb made in that encoding itself (lists, watch frames) passes as it is.
 */
import type { ApiResponse, ApiStream } from '@diatom/sdk/api';
import { type JsonRecord, parseJson, stringAt } from '../kinds/json.ts';
import { type Answer, type Encoding, mediaTypes } from './media.ts';
import { encodeEnvelope, encodeFrame } from './protobuf-encode.ts';
import { messageOf } from './protobuf-types.ts';
import { toYaml } from './yaml.ts';

/** Content type and caching of an object's answer. */
export const jsonHeaders = { 'content-type': mediaTypes.json, 'cache-control': 'no-cache, private' } as const;

/** Of what is in protobuf already. */
export const protobufHeaders = { ...jsonHeaders, 'content-type': mediaTypes.protobuf } as const;

/** Frames say that they are frames; JSON's lines do not (apiserver handlers/watch.go). */
export const streamType = (encoding: Encoding): string =>
  encoding === 'json' ? mediaTypes.json : `${mediaTypes[encoding]};stream=watch`;

export function encodeAnswer(response: ApiResponse, answer: Answer): ApiResponse {
  const { body, headers } = response;
  if (answer.encoding === 'json' && !answer.pretty) return response;
  if (body instanceof Uint8Array || body === '' || headers['content-type'] !== mediaTypes.json) return response;
  if (typeof body !== 'string') return answer.encoding === 'protobuf' ? framed(response, body) : response;
  const object = parseJson(body) as JsonRecord;
  const type = { ...headers, 'content-type': mediaTypes[answer.encoding] };
  switch (answer.encoding) {
    case 'json':
      return { ...response, body: `${JSON.stringify(object, null, 2)}\n` };
    case 'yaml':
      return { ...response, headers: type, body: toYaml(object) };
    case 'protobuf': {
      const bytes = inProtobuf(object);
      return bytes === undefined ? response : { ...response, headers: type, body: bytes };
    }
  }
}

/** Undefined: it has no message. */
export function inProtobuf(object: JsonRecord): Uint8Array | undefined {
  const message = messageOf(stringAt(object, 'apiVersion'), stringAt(object, 'kind'));
  return message === undefined ? undefined : encodeEnvelope(message, object);
}

/** An event whose object is JSON text, as a frame of a protobuf watch. */
export function protobufFrame(type: string, text: string): Uint8Array {
  const object = parseJson(text) as JsonRecord;
  const bytes = inProtobuf(object);
  if (bytes === undefined) throw new Error(`${stringAt(object, 'kind')} has no protobuf message`);
  return encodeFrame(type, bytes);
}

/** A stream of JSON lines, whole ones in every chunk, as protobuf frames. */
function framed(response: ApiResponse, stream: ApiStream): ApiResponse {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const chunk of stream.chunks) {
      for (const line of String(chunk).trimEnd().split('\n')) {
        const { type, object } = parseJson(line) as { readonly type: string; readonly object: unknown };
        yield protobufFrame(type, JSON.stringify(object));
      }
    }
  }
  const headers = { ...response.headers, 'content-type': streamType('protobuf') };
  return { ...response, headers, body: { chunks: chunks(), cancel: () => stream.cancel() } };
}
