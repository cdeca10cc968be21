/** Counts complete HTTP/1.1 responses in a byte stream (RFC 9112 §6): Content-Length and chunked bodies. */

export interface ResponseCounter {
  /** Status codes of the responses that became complete with this chunk. Throws on what is not HTTP. */
  push(chunk: Buffer): readonly number[];
}

export function createResponseCounter(): ResponseCounter {
  let pending: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      const done: number[] = [];
      for (;;) {
        const response = firstResponse(pending);
        if (response === undefined) return done;
        done.push(response.status);
        pending = pending.subarray(response.sizeBytes);
      }
    },
  };
}

function firstResponse(bytes: Buffer): { readonly status: number; readonly sizeBytes: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return undefined;
  const head = bytes.toString('latin1', 0, headEnd + 2);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  if (Number.isNaN(status)) throw new Error(`not an HTTP/1.1 response: ${head.slice(0, 40)}`);
  const start = headEnd + 4;
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
  const end = length !== undefined ? start + Number(length) : chunkedEnd(bytes, start);
  return end === undefined || end > bytes.length ? undefined : { status, sizeBytes: end };
}

function chunkedEnd(bytes: Buffer, start: number): number | undefined {
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return undefined;
    const sizeBytes = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(sizeBytes)) throw new Error('a response has neither Content-Length nor chunks');
    at = lineEnd + 2 + sizeBytes + 2;
    if (sizeBytes === 0) return at;
  }
}
