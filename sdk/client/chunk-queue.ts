/** Hands chunks from callbacks to one `for await` loop, in order. Leaving the loop calls `onLeave`. */
export class ChunkQueue implements AsyncIterable<string> {
  readonly #chunks: string[] = [];
  readonly #onLeave: () => void;
  #end: { readonly error: Error | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(onLeave: () => void) {
    this.#onLeave = onLeave;
  }

  push(chunk: string): void {
    if (this.#end !== undefined || chunk === '') return;
    this.#chunks.push(chunk);
    this.#wake?.();
  }

  finish(error?: Error): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void, undefined> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk !== undefined) {
          yield chunk;
        } else if (this.#end !== undefined) {
          if (this.#end.error !== undefined) throw this.#end.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#wake = undefined;
        }
      }
    } finally {
      this.#onLeave();
    }
  }
}
