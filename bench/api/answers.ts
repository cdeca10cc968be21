/** Finds the ends of HTTP/1.1 responses in what a connection receives, without keeping what it does not need (RFC 9112 §6). */

export interface Answer {
  readonly status: number;
  readonly bodyBytes: number;
  /** Beginning of the body, kept for error messages. */
  readonly text: string;
}

const keptBytes = 2000;

/** `onAnswer` for each complete response; `onPart` with each piece of body. Throws on what is not HTTP. */
export function createAnswerReader(
  onAnswer: (answer: Answer) => void,
  onPart: (part: Buffer) => void = () => {},
): (chunk: Buffer) => void {
  let head: Buffer = Buffer.alloc(0);
  let body: 'none' | 'length' | 'chunk' | 'chunk-head' | 'last' = 'none';
  /** Bytes of the body, or of the chunk with its line end, that are still to come. */
  let left = 0;
  let answer = { status: 0, bodyBytes: 0, text: '' };

  const take = (part: Buffer): void => {
    answer.bodyBytes += part.length;
    if (answer.text.length < keptBytes) answer.text += part.toString('latin1', 0, keptBytes);
    onPart(part);
  };
  const finish = (): void => {
    const done = answer;
    answer = { status: 0, bodyBytes: 0, text: '' };
    body = 'none';
    onAnswer(done);
  };
  const begin = (text: string): void => {
    answer.status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1]);
    if (Number.isNaN(answer.status)) throw new Error(`not an HTTP/1.1 response: ${text.slice(0, 40)}`);
    const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
    left = Number(length ?? 0);
    body = length === undefined ? 'chunk-head' : 'length';
    if (body === 'length' && left === 0) finish();
  };

  return (chunk) => {
    let at = 0;
    while (at < chunk.length) {
      if (body === 'length') {
        const part = chunk.subarray(at, at + left);
        at += part.length;
        left -= part.length;
        take(part);
        if (left === 0) finish();
      } else if (body === 'chunk') {
        const part = chunk.subarray(at, at + left);
        at += part.length;
        const data = Math.max(0, Math.min(part.length, left - 2));
        left -= part.length;
        if (data > 0) take(part.subarray(0, data));
        if (left === 0) body = 'chunk-head';
      } else {
        const mark = body === 'none' ? '\r\n\r\n' : '\r\n';
        head = head.length === 0 ? chunk.subarray(at) : Buffer.concat([head, chunk.subarray(at)]);
        const end = head.indexOf(mark);
        if (end < 0) return;
        const rest = head.length - end - mark.length;
        at = chunk.length - rest;
        const text = head.toString('latin1', 0, end);
        head = Buffer.alloc(0);
        if (body === 'none') begin(text);
        else if (body === 'last') finish();
        else {
          const sizeBytes = Number.parseInt(text, 16);
          left = sizeBytes + 2;
          body = sizeBytes === 0 ? 'last' : 'chunk';
        }
      }
    }
  };
}
