/** XMLHttpRequest standard §4 the FormData interface. */

import { type Extracted, extractBody } from '../fetch/body.ts';
import { type Blob, bytesOfBlob, isBlob } from './blob.ts';
import { File } from './file.ts';
import { serializeMultipart } from './multipart.ts';

export type FormDataEntryValue = string | File;

type Entry = [name: string, value: FormDataEntryValue];

/** HTML §4.10.21.4 create an entry. */
function entryOf(method: string, name: unknown, value: unknown, filename: unknown, count: number): Entry {
  const key = String(name).toWellFormed();
  if (count < 3 && !isBlob(value)) return [key, String(value).toWellFormed()];
  if (!isBlob(value)) throw new TypeError(`FormData.${method}: with a file name the value must be a Blob`);
  if (value instanceof File && filename === undefined) return [key, value];
  const { type } = value;
  const lastModified = value instanceof File ? value.lastModified : undefined;
  return [key, new File([value], filename === undefined ? 'blob' : String(filename), { type, lastModified })];
}

export class FormData {
  #entries: Entry[] = [];

  constructor(form?: unknown) {
    if (form !== undefined) throw new TypeError('FormData: there are no form elements here; call it without arguments');
  }

  append(name: string, value: string | Blob, filename?: string): void {
    need(arguments.length, 2, 'append');
    this.#entries.push(entryOf('append', name, value, filename, arguments.length));
  }

  delete(name: string): void {
    need(arguments.length, 1, 'delete');
    const wanted = String(name);
    this.#entries = this.#entries.filter(([one]) => one !== wanted);
  }

  get(name: string): FormDataEntryValue | null {
    need(arguments.length, 1, 'get');
    const wanted = String(name);
    return this.#entries.find(([one]) => one === wanted)?.[1] ?? null;
  }

  getAll(name: string): FormDataEntryValue[] {
    need(arguments.length, 1, 'getAll');
    const wanted = String(name);
    return this.#entries.filter(([one]) => one === wanted).map(([, value]) => value);
  }

  has(name: string): boolean {
    need(arguments.length, 1, 'has');
    const wanted = String(name);
    return this.#entries.some(([one]) => one === wanted);
  }

  set(name: string, value: string | Blob, filename?: string): void {
    need(arguments.length, 2, 'set');
    const entry = entryOf('set', name, value, filename, arguments.length);
    const at = this.#entries.findIndex(([one]) => one === entry[0]);
    if (at < 0) this.#entries.push(entry);
    else {
      this.#entries = this.#entries.flatMap((one, index) =>
        index === at ? [entry] : one[0] === entry[0] ? [] : [one],
      );
    }
  }

  forEach(callback: (value: FormDataEntryValue, name: string, form: FormData) => void, thisArgument?: unknown): void {
    if (typeof callback !== 'function') throw new TypeError('FormData.forEach: the first argument must be a function');
    for (const [name, value] of this) callback.call(thisArgument, value, name, this);
  }

  *entries(): Generator<[string, FormDataEntryValue], undefined, unknown> {
    for (let at = 0; at < this.#entries.length; at++) {
      const [name, value] = this.#entries[at] as Entry;
      yield [name, value];
    }
  }

  *keys(): Generator<string, undefined, unknown> {
    for (const [name] of this.entries()) yield name;
  }

  *values(): Generator<FormDataEntryValue, undefined, unknown> {
    for (const [, value] of this.entries()) yield value;
  }

  /** A body of this kind (Fetch §5.2). */
  [extractBody](): Extracted {
    const parts = this.#entries.map(([name, value]) =>
      typeof value === 'string'
        ? { name, value }
        : { name, filename: value.name, type: value.type, bytes: bytesOfBlob(value) },
    );
    const { bytes, boundary } = serializeMultipart(parts);
    return { source: bytes, type: `multipart/form-data; boundary=${boundary}` };
  }

  declare [Symbol.iterator]: () => Generator<[string, FormDataEntryValue], undefined, unknown>;

  get [Symbol.toStringTag](): string {
    return 'FormData';
  }
}

function need(given: number, wanted: number, method: string): void {
  if (given < wanted) throw new TypeError(`FormData.${method} needs ${wanted} argument${wanted > 1 ? 's' : ''}`);
}

Object.defineProperty(FormData.prototype, Symbol.iterator, {
  value: FormData.prototype.entries,
  writable: true,
  enumerable: false,
  configurable: true,
});
