/** Bodies of responses that are compressed, decompressed as they are read. */
import type { BodyReader } from '../host.ts';
import { primitives } from './primitives.ts';

const needsInput = 0;
const atEnd = -1;

/** What nobody reads to its end any more gives its memory back. */
const dropped = new FinalizationRegistry((stream: number) => primitives.inflateClose(stream));

class Decompressed implements BodyReader {
  readonly #source: BodyReader;
  readonly #stream: number;
  #isOver = false;
  #hasInput = false;

  constructor(source: BodyReader, isGzip: boolean) {
    this.#source = source;
    this.#stream = primitives.inflateOpen(isGzip ? 1 : 0);
    if (this.#stream === 0) throw new RangeError('fetch: there is no memory to decompress the body of the response in');
    dropped.register(this, this.#stream, this);
  }

  whole(): undefined {}

  async read(): Promise<Uint8Array<ArrayBuffer> | null> {
    for (;;) {
      if (this.#isOver) return null;
      const given = primitives.inflatePull(this.#stream);
      if (typeof given !== 'number') return new Uint8Array(given);
      if (given === needsInput) {
        const input = await this.#source.read();
        if (this.#isOver) return null;
        if (input !== null) this.#push(input);
        else if (this.#hasInput) throw this.#fail('breaks off');
        else this.#end();
        continue;
      }
      if (given !== atEnd) throw this.#fail('is not what its Content-Encoding says');
      this.#end();
      // To its end, so that its connection can be used again.
      while ((await this.#source.read()) !== null);
    }
  }

  #push(input: Uint8Array<ArrayBuffer>): void {
    this.#hasInput = true;
    const isWhole = input.byteLength === input.buffer.byteLength;
    if (!primitives.inflatePush(this.#stream, isWhole ? input.buffer : input.slice().buffer)) {
      throw this.#fail('is too large to be decompressed here');
    }
  }

  #fail(what: string): TypeError {
    this.cancel();
    return new TypeError(`fetch failed: the compressed body of the response ${what}`);
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    dropped.unregister(this);
    primitives.inflateClose(this.#stream);
  }

  cancel(): void {
    this.#end();
    this.#source.cancel();
  }
}

export function decompress(body: BodyReader, coding: 'gzip' | 'deflate'): BodyReader {
  return new Decompressed(body, coding === 'gzip');
}
