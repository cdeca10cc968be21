/** File API §4 the File interface. */

import { serializable } from '../clone/transfer.ts';
import { host } from '../host.ts';
import { Blob, type BlobPart, type BlobPropertyBag } from './blob.ts';

export interface FilePropertyBag extends BlobPropertyBag {
  readonly lastModified?: number | undefined;
}

export class File extends Blob {
  readonly #name: string;
  readonly #lastModifiedMs: number;

  constructor(parts: Iterable<BlobPart>, name: string, options?: FilePropertyBag | null) {
    if (arguments.length < 2) throw new TypeError('File needs parts and a name');
    super(parts, options);
    this.#name = String(name).toWellFormed();
    const given = options?.lastModified;
    const wholeMs = Math.trunc(given === undefined ? host.wallMs() : Number(given));
    this.#lastModifiedMs = Number.isFinite(wholeMs) ? wholeMs : 0;
  }

  get name(): string {
    return this.#name;
  }

  get lastModified(): number {
    return this.#lastModifiedMs;
  }

  /** Of no meaning outside a browser; there for programs that look. */
  get webkitRelativePath(): string {
    return '';
  }

  override [serializable](): File {
    return new File([this], this.#name, { type: this.type, lastModified: this.#lastModifiedMs });
  }

  override get [Symbol.toStringTag](): string {
    return 'File';
  }
}
