/** The body of a request as a program gets it: whole when it has come with the head, else as it is read. */
import type { IncomingMessage } from 'node:http';

const againCode = -1;
export const goneCode = -2;
const tooLargeCode = -413;

export class ArrivingBody {
  readonly #request: IncomingMessage;
  readonly #limitBytes: number;
  #early: Buffer[];
  readonly #isWhole: boolean;
  #sizeBytes: number;

  private constructor(request: IncomingMessage, limitBytes: number, early: Buffer[]) {
    this.#request = request;
    this.#limitBytes = limitBytes;
    this.#early = early;
    this.#isWhole = request.readableEnded;
    this.#sizeBytes = early.reduce((sum, { length }) => sum + length, 0);
  }

  /** When it is known whether all of it has come with the head. Undefined: it is said to be longer than it may be. */
  static async of(request: IncomingMessage, limitBytes: number): Promise<ArrivingBody | undefined> {
    if (Number(request.headers['content-length'] ?? 0) > limitBytes) return undefined;
    const early: Buffer[] = [];
    for (let turn = 0; turn < 2 && !request.readableEnded; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      for (let chunk: Buffer | null = request.read(); chunk !== null; chunk = request.read()) early.push(chunk);
    }
    // Its end is told a moment after its last bytes.
    if (request.complete && !request.readableEnded) await new Promise((resolve) => setImmediate(resolve));
    const body = new ArrivingBody(request, limitBytes, early);
    return body.#sizeBytes > limitBytes ? undefined : body;
  }

  /** All of it, or how long it will be, -2 when nobody knows. */
  whole(): Buffer | number {
    if (this.#isWhole) return Buffer.concat(this.#early);
    const length = this.#request.headers['content-length'];
    return length === undefined ? -2 : Number(length);
  }

  /** The next bytes, 0 at the end, or a code; `onReceivable` is called when it was again. */
  receive(onReceivable: () => void): Buffer | number {
    const early = this.#early.shift();
    if (early !== undefined) return early;
    const request = this.#request;
    const chunk: Buffer | null = request.read();
    if (chunk !== null) {
      this.#sizeBytes += chunk.length;
      return this.#sizeBytes > this.#limitBytes ? tooLargeCode : chunk;
    }
    if (request.readableEnded) return 0;
    if (request.destroyed) return request.complete ? 0 : goneCode;
    const events = ['readable', 'end', 'close'] as const;
    const once = (): void => {
      for (const event of events) request.off(event, once);
      onReceivable();
    };
    for (const event of events) request.on(event, once);
    return againCode;
  }
}
