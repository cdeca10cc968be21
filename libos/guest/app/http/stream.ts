import * as os from "../os";
import { Response } from "./response";

/** A body produced piece by piece: the next piece is asked for when the peer can take it. */
export abstract class BodySource {
  /** The next piece, null at the end. */
  abstract next(): ArrayBuffer | null;
  /** The peer went away; `next` will not be called any more. */
  canceled(): void {}
}

/** By connection handle. */
const sources = new Map<i32, BodySource>();

function pull(handle: i32, canceled: i32): void {
  if (!sources.has(handle)) return;
  const source = sources.get(handle);
  if (canceled != 0) {
    sources.delete(handle);
    source.canceled();
    return;
  }
  const piece = source.next();
  if (piece) {
    os.http_piece(changetype<usize>(piece), piece.byteLength);
  } else {
    sources.delete(handle);
    os.http_finish();
  }
}

/** @internal */
export function sendStream(response: Response, fields: usize, fieldsLength: i32): void {
  const source = response.source;
  if (!source) return;
  const callback = (handle: i32, canceled: i32): void => pull(handle, canceled);
  const handle = os.http_respond_stream(response.status, response.contentType, fields, fieldsLength, callback.index);
  if (handle != 0) sources.set(handle, source);
  else source.canceled();
}
