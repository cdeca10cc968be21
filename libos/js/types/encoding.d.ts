type BufferSource = ArrayBufferView<ArrayBufferLike> | ArrayBuffer;

interface TextEncoderEncodeIntoResult {
  readonly read: number;
  readonly written: number;
}

declare class TextEncoder {
  readonly encoding: string;
  encode(input?: string): Uint8Array<ArrayBuffer>;
  encodeInto(source: string, destination: Uint8Array): TextEncoderEncodeIntoResult;
  readonly [Symbol.toStringTag]: string;
}

interface TextDecoderOptions {
  fatal?: boolean | undefined;
  ignoreBOM?: boolean | undefined;
}

interface TextDecodeOptions {
  stream?: boolean | undefined;
}

declare class TextDecoder {
  /** @param label of UTF-8, UTF-16 or windows-1252; RangeError for others */
  constructor(label?: string, options?: TextDecoderOptions | null);
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  decode(input?: BufferSource | SharedArrayBuffer, options?: TextDecodeOptions | null): string;
  readonly [Symbol.toStringTag]: string;
}

declare class TextEncoderStream {
  readonly encoding: string;
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<string>;
  readonly [Symbol.toStringTag]: string;
}

declare class TextDecoderStream {
  constructor(label?: string, options?: TextDecoderOptions | null);
  readonly encoding: string;
  readonly fatal: boolean;
  readonly ignoreBOM: boolean;
  readonly readable: ReadableStream<string>;
  readonly writable: WritableStream<BufferSource>;
  readonly [Symbol.toStringTag]: string;
}

declare function atob(data: string): string;
declare function btoa(data: string): string;
