/**
 * A long list as it is read from the store, piece by piece at one revision, so that nobody holds all of it: fifty clients
 * that list 20,000 pods at once took 1.9 GB. Others are served between two pieces.
 */
import type { ApiResponse, ApiStream } from '@diatom/sdk/api';
import { apiVersionOf } from '../kinds/kind.ts';
import { jsonHeaders } from '../wire/encode-answer.ts';
import type { RenderOptions } from '../wire/render.ts';
import { type Call, type Context, prefixOf } from './context.ts';

/** What a piece should have; a list that is smaller is answered in one. */
const pieceBytes = 256 * 1024;
const firstObjects = 64;
const mostObjects = 4_096;

/** Undefined where the texts have to be looked into or are few. */
export function listStream(
  context: Context,
  call: Call,
  options: RenderOptions,
  at: number | undefined,
): ApiResponse | undefined {
  const { kind } = call;
  const { representation, encoding, pretty } = options.answer;
  const isPlain = representation === 'object' && encoding === 'json' && !pretty && call.viewedAs === undefined;
  if (!isPlain || kind.custom !== undefined || apiVersionOf(kind) !== kind.storageApiVersion) return undefined;
  const prefix = prefixOf(kind, call.route.namespace);
  const revision = at ?? context.store.revision;
  const first = context.store.join(prefix, { limit: firstObjects, atRevision: revision });
  if (first.count < firstObjects) return undefined;
  const head = `{"kind":"${kind.listKind}","apiVersion":"${apiVersionOf(kind)}","metadata":{"resourceVersion":"${revision}"},"items":[`;
  let isCancelled = false;

  async function* chunks(): AsyncGenerator<string | Uint8Array> {
    yield head;
    let limit = firstObjects;
    for (let piece = first; ; ) {
      yield piece.bytes;
      if (piece.count < limit || piece.lastKey === undefined) break;
      limit = fitting(piece.bytes.length / piece.count);
      // Other requests first: a client that takes everything at once would keep them waiting for the whole list.
      await new Promise((resolve) => setImmediate(resolve));
      if (isCancelled) return;
      piece = context.store.join(prefix, { limit, atRevision: revision, startAfter: piece.lastKey });
      if (piece.count > 0) yield ',';
    }
    yield ']}';
  }
  const body: ApiStream = {
    chunks: chunks(),
    isWhole: true,
    cancel: () => {
      isCancelled = true;
    },
  };
  return { status: 200, headers: jsonHeaders, body };
}

const fitting = (objectBytes: number): number =>
  Math.max(1, Math.min(mostObjects, Math.round(pieceBytes / objectBytes)));
