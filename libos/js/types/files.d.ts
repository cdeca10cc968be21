type BlobPart = BufferSource | Blob | string;

interface BlobPropertyBag {
  endings?: 'native' | 'transparent' | undefined;
  type?: string | undefined;
}

declare class Blob {
  constructor(parts?: Iterable<BlobPart>, options?: BlobPropertyBag | null);
  readonly size: number;
  readonly type: string;
  arrayBuffer(): Promise<ArrayBuffer>;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  slice(start?: number, end?: number, contentType?: string): Blob;
  stream(): ReadableStream<Uint8Array>;
  text(): Promise<string>;
  readonly [Symbol.toStringTag]: string;
}

interface FilePropertyBag extends BlobPropertyBag {
  lastModified?: number | undefined;
}

declare class File extends Blob {
  constructor(parts: Iterable<BlobPart>, name: string, options?: FilePropertyBag | null);
  readonly lastModified: number;
  readonly name: string;
  readonly webkitRelativePath: string;
}

type FormDataEntryValue = File | string;

declare class FormData {
  constructor();
  append(name: string, value: string | Blob): void;
  append(name: string, value: Blob, filename: string): void;
  delete(name: string): void;
  entries(): IteratorObject<[string, FormDataEntryValue], undefined>;
  forEach(callback: (value: FormDataEntryValue, name: string, form: FormData) => void, thisArgument?: unknown): void;
  get(name: string): FormDataEntryValue | null;
  getAll(name: string): FormDataEntryValue[];
  has(name: string): boolean;
  keys(): IteratorObject<string, undefined>;
  set(name: string, value: string | Blob): void;
  set(name: string, value: Blob, filename: string): void;
  values(): IteratorObject<FormDataEntryValue, undefined>;
  [Symbol.iterator](): IteratorObject<[string, FormDataEntryValue], undefined>;
  readonly [Symbol.toStringTag]: string;
}
