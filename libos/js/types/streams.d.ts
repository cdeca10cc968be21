interface QueuingStrategy<Chunk = unknown> {
  highWaterMark?: number;
  size?: (chunk: Chunk) => number;
}

interface QueuingStrategyInit {
  highWaterMark: number;
}

interface StreamPipeOptions {
  preventAbort?: boolean;
  preventCancel?: boolean;
  preventClose?: boolean;
  signal?: AbortSignal | undefined;
}

interface ReadableWritablePair<Readable = unknown, Writable = unknown> {
  readable: ReadableStream<Readable>;
  writable: WritableStream<Writable>;
}

type ReadableStreamController<Chunk> = ReadableStreamDefaultController<Chunk> | ReadableByteStreamController;

interface UnderlyingSource<Chunk = unknown> {
  autoAllocateChunkSize?: number;
  cancel?: (reason?: unknown) => unknown;
  pull?: (controller: ReadableStreamController<Chunk>) => unknown;
  start?: (controller: ReadableStreamController<Chunk>) => unknown;
  type?: 'bytes' | undefined;
}

interface UnderlyingDefaultSource<Chunk = unknown> {
  cancel?: (reason?: unknown) => unknown;
  pull?: (controller: ReadableStreamDefaultController<Chunk>) => unknown;
  start?: (controller: ReadableStreamDefaultController<Chunk>) => unknown;
  type?: undefined;
}

interface UnderlyingByteSource {
  autoAllocateChunkSize?: number;
  cancel?: (reason?: unknown) => unknown;
  pull?: (controller: ReadableByteStreamController) => unknown;
  start?: (controller: ReadableByteStreamController) => unknown;
  type: 'bytes';
}

interface UnderlyingSink<Chunk = unknown> {
  abort?: (reason?: unknown) => unknown;
  close?: () => unknown;
  start?: (controller: WritableStreamDefaultController) => unknown;
  type?: undefined;
  write?: (chunk: Chunk, controller: WritableStreamDefaultController) => unknown;
}

interface Transformer<Input = unknown, Output = unknown> {
  cancel?: (reason?: unknown) => unknown;
  flush?: (controller: TransformStreamDefaultController<Output>) => unknown;
  readableType?: undefined;
  start?: (controller: TransformStreamDefaultController<Output>) => unknown;
  transform?: (chunk: Input, controller: TransformStreamDefaultController<Output>) => unknown;
  writableType?: undefined;
}

type ReadableStreamReadResult<Chunk> =
  | { readonly done: false; readonly value: Chunk }
  | { readonly done: true; readonly value: Chunk | undefined };

declare class ReadableStream<Chunk = unknown> {
  static from<Chunk>(source: AsyncIterable<Chunk> | Iterable<Chunk | PromiseLike<Chunk>>): ReadableStream<Chunk>;
  constructor(source: UnderlyingByteSource, strategy?: { highWaterMark?: number; size?: undefined });
  constructor(source?: UnderlyingDefaultSource<Chunk> | UnderlyingSource<Chunk>, strategy?: QueuingStrategy<Chunk>);
  readonly locked: boolean;
  cancel(reason?: unknown): Promise<void>;
  getReader(options: { mode: 'byob' }): ReadableStreamBYOBReader;
  getReader(options?: { mode?: undefined }): ReadableStreamDefaultReader<Chunk>;
  pipeThrough<Output>(
    transform: ReadableWritablePair<Output, Chunk>,
    options?: StreamPipeOptions,
  ): ReadableStream<Output>;
  pipeTo(destination: WritableStream<Chunk>, options?: StreamPipeOptions): Promise<void>;
  tee(): [ReadableStream<Chunk>, ReadableStream<Chunk>];
  values(options?: { preventCancel?: boolean }): AsyncIterableIterator<Chunk>;
  [Symbol.asyncIterator](options?: { preventCancel?: boolean }): AsyncIterableIterator<Chunk>;
}

declare class ReadableStreamDefaultReader<Chunk = unknown> {
  constructor(stream: ReadableStream<Chunk>);
  readonly closed: Promise<undefined>;
  cancel(reason?: unknown): Promise<void>;
  read(): Promise<ReadableStreamReadResult<Chunk>>;
  releaseLock(): void;
}

declare class ReadableStreamBYOBReader {
  constructor(stream: ReadableStream);
  readonly closed: Promise<undefined>;
  cancel(reason?: unknown): Promise<void>;
  read<View extends ArrayBufferView>(view: View, options?: { min?: number }): Promise<ReadableStreamReadResult<View>>;
  releaseLock(): void;
}

declare class ReadableStreamBYOBRequest {
  private constructor();
  readonly view: ArrayBufferView | null;
  respond(bytesWritten: number): void;
  respondWithNewView(view: ArrayBufferView): void;
}

declare class ReadableStreamDefaultController<Chunk = unknown> {
  private constructor();
  readonly desiredSize: number | null;
  close(): void;
  enqueue(chunk?: Chunk): void;
  error(error?: unknown): void;
}

declare class ReadableByteStreamController {
  private constructor();
  readonly byobRequest: ReadableStreamBYOBRequest | null;
  readonly desiredSize: number | null;
  close(): void;
  enqueue(chunk: ArrayBufferView): void;
  error(error?: unknown): void;
}

declare class WritableStream<Chunk = unknown> {
  constructor(sink?: UnderlyingSink<Chunk>, strategy?: QueuingStrategy<Chunk>);
  readonly locked: boolean;
  abort(reason?: unknown): Promise<void>;
  close(): Promise<void>;
  getWriter(): WritableStreamDefaultWriter<Chunk>;
}

declare class WritableStreamDefaultWriter<Chunk = unknown> {
  constructor(stream: WritableStream<Chunk>);
  readonly closed: Promise<undefined>;
  readonly desiredSize: number | null;
  readonly ready: Promise<undefined>;
  abort(reason?: unknown): Promise<void>;
  close(): Promise<void>;
  releaseLock(): void;
  write(chunk?: Chunk): Promise<void>;
}

declare class WritableStreamDefaultController {
  private constructor();
  readonly signal: AbortSignal;
  error(error?: unknown): void;
}

declare class TransformStream<Input = unknown, Output = unknown> {
  constructor(
    transformer?: Transformer<Input, Output>,
    writableStrategy?: QueuingStrategy<Input>,
    readableStrategy?: QueuingStrategy<Output>,
  );
  readonly readable: ReadableStream<Output>;
  readonly writable: WritableStream<Input>;
}

declare class TransformStreamDefaultController<Chunk = unknown> {
  private constructor();
  readonly desiredSize: number | null;
  enqueue(chunk?: Chunk): void;
  error(reason?: unknown): void;
  terminate(): void;
}

declare class ByteLengthQueuingStrategy {
  constructor(init: QueuingStrategyInit);
  readonly highWaterMark: number;
  readonly size: (chunk: ArrayBufferView) => number;
}

declare class CountQueuingStrategy {
  constructor(init: QueuingStrategyInit);
  readonly highWaterMark: number;
  readonly size: (chunk?: unknown) => 1;
}
