/**
 * HTTP/1.1 services.
 *
 * ```ts
 * import { serve, Request, Response } from "diatom/http";
 * serve(8080, (request: Request): Response => Response.text("hello\n"));
 * ```
 */

import * as os from "./os";
import { Request } from "./http/request";
import { Response } from "./http/response";
import { BodySource } from "./http/stream";

export { BodySource, Request, Response };

export type Handler = (request: Request) => Response;

/** Limits of one service. */
export class ServeOptions {
  /** Larger bodies are refused with 413. */
  bodyLimitBytes: i32 = 1 << 20;
  /** More connections wait in the queue until one closes. */
  connectionLimit: i32 = 4096;
  /** A request head has to be complete within this time after the connection or the request began. */
  headTimeoutMs: i32 = 10_000;
  /** A request body has to be complete within this time after its head. */
  bodyTimeoutMs: i32 = 60_000;
  /** A kept-alive connection without a request is closed after this time. */
  idleTimeoutMs: i32 = 60_000;
}

class Service {
  constructor(public handler: Handler) {}
}

const services = new Array<Service>();
function respond(response: Response): void {
  const fields = response.fields;
  const encoded = fields.length > 0 ? String.UTF8.encode(fields) : null;
  const fieldsPtr = changetype<usize>(encoded);
  const fieldsLength = encoded ? encoded.byteLength : 0;
  const send = response.sendStream;
  if (send) {
    send(response, fieldsPtr, fieldsLength);
    return;
  }
  const body = response.body;
  os.http_respond(
    response.status, response.contentType, fieldsPtr, fieldsLength, changetype<usize>(body), body ? body.byteLength : 0,
    response.closes ? 1 : 0,
  );
}

/** Answer every request on `port` with what `handler` returns. */
export function serve(port: i32, handler: Handler, options: ServeOptions = new ServeOptions()): void {
  const callback = (index: i32, _unused: i32): void => {
    respond(services[index].handler(new Request()));
  };
  const index = os.http_listen(
    port, callback.index, options.bodyLimitBytes, options.connectionLimit, options.headTimeoutMs, options.bodyTimeoutMs,
    options.idleTimeoutMs,
  );
  if (index < 0) throw new Error("cannot listen on port " + port.toString() + ": " + os.errorName(index));
  services.push(new Service(handler));
}
