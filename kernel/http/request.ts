/** From an HTTP message to an `ApiRequest`. */
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { ApiRequest } from '@diatom/sdk/api';
import { maximumBodyBytes, tooLarge } from './front.ts';

export type Incoming = IncomingMessage | Http2ServerRequest;

/**
 * Rejects with a 413 as soon as the body is too large, and leaves the rest of it to be read; with a plain error when the
 * client goes away.
 */
export async function readRequest(incoming: Incoming): Promise<ApiRequest> {
  const headers = readHeaders(incoming.rawHeaders);
  if (Number(headers['content-length'] ?? 0) > maximumBodyBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  const pieces: AsyncIterable<Uint8Array> = incoming.iterator({ destroyOnReturn: false });
  for await (const chunk of pieces) {
    sizeBytes += chunk.length;
    if (sizeBytes > maximumBodyBytes) throw tooLarge();
    chunks.push(chunk);
  }
  const [only] = chunks;
  const body = chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
  return { method: incoming.method ?? 'GET', path: incoming.url ?? '/', headers, body };
}

/**
 * Lower-case names; pseudo headers left out. Values of a repeated header are joined as HTTP says, except those of
 * Impersonate-*, where a comma may be part of a group's name: a newline, which no value can contain, keeps them apart.
 */
function readHeaders(raw: readonly string[]): Readonly<Record<string, string>> {
  const headers: Record<string, string> = Object.create(null);
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    const value = raw[index + 1] ?? '';
    if (name.startsWith(':')) continue;
    const known = headers[name];
    const separator = name.startsWith('impersonate-') ? '\n' : ', ';
    headers[name] = known === undefined ? value : `${known}${separator}${value}`;
  }
  return headers;
}
