/** Reads one log file and follows it. Memory is bounded by one chunk, not by the file. */
import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { formatLine, isSince, type LogOptions, parseLine } from './cri-line.ts';

const chunkBytes = 64 * 1024;

export interface LogSource {
  readonly path: string;
  /** Nothing will be written to the file any more. Asked again after every change and ten times a second. */
  readonly isOver: () => boolean;
  readonly signal: AbortSignal;
}

/** Text as a client sees it, piece by piece. Ends at the end of the file, or with `follow` when the container is over. */
export async function* readLog(source: LogSource, options: LogOptions): AsyncGenerator<string, void, undefined> {
  let file = await open(source.path, 'r');
  let newer: FileHandle | undefined;
  let budget = options.limitBytes ?? Number.POSITIVE_INFINITY;
  let rest = Buffer.alloc(0);
  const change = options.follow ? watchFile(source) : undefined;
  try {
    let position = options.tailLines === undefined ? 0 : await tailPosition(file, options.tailLines);
    for (;;) {
      // Asked before reading: what was written before the end is read after it.
      const wasOver = source.isOver();
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        const data = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
        const end = data.lastIndexOf(10) + 1;
        rest = data.subarray(end);
        const text = render(data.toString('utf8', 0, end), options);
        if (text === '') continue;
        const bytes = Buffer.from(text);
        if (bytes.length >= budget) {
          yield bytes.toString('utf8', 0, budget);
          return;
        }
        budget -= bytes.length;
        yield text;
      }
      if (newer !== undefined) {
        await file.close();
        file = newer;
        newer = undefined;
        position = 0;
        continue;
      }
      newer = change === undefined ? undefined : await openNewer(source.path, file);
      // What was written before the renaming is read first.
      if (newer !== undefined) continue;
      if (change === undefined || wasOver || source.signal.aborted) return;
      await change.next();
    }
  } finally {
    change?.close();
    await file.close();
    await newer?.close();
  }
}

/** The tender has renamed the file that is being read and begun another one in its place: it rotates long logs. */
async function openNewer(path: string, file: FileHandle): Promise<FileHandle | undefined> {
  const [present, own] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  return present === undefined || present.ino === own.ino ? undefined : open(path, 'r');
}

function render(records: string, options: LogOptions): string {
  let text = '';
  for (const record of records.split('\n')) {
    const line = record === '' ? undefined : parseLine(record);
    if (line !== undefined && isSince(line, options.since)) text += formatLine(line, options.timestamps);
  }
  return text;
}

/** Where the last `count` records begin; as with the kubelet the parts of an overlong line count one by one. */
async function tailPosition(file: FileHandle, count: number): Promise<number> {
  const { size } = await file.stat();
  let missing = count;
  let end = size;
  // The newline that ends the file ends the last line; it does not begin one.
  let isLast = true;
  while (end > 0) {
    const start = Math.max(0, end - chunkBytes);
    const { buffer } = await file.read(Buffer.alloc(end - start), 0, end - start, start);
    for (let index = end - start - 1; index >= 0; index -= 1) {
      if (buffer[index] !== 10) continue;
      if (isLast && start + index === size - 1) {
        isLast = false;
        if (missing === 0) return size;
        continue;
      }
      missing -= 1;
      if (missing <= 0) return start + index + 1;
    }
    end = start;
  }
  return 0;
}

function watchFile({ path, signal }: LogSource): { next(): Promise<void>; close(): void } {
  let wake = (): void => {};
  let hasChanged = false;
  const changed = (): void => {
    hasChanged = true;
    wake();
  };
  const watcher: FSWatcher = watch(path, changed);
  watcher.on('error', changed);
  // The container's end changes no file.
  const timer = setInterval(changed, 100);
  signal.addEventListener('abort', changed);
  return {
    async next() {
      if (!hasChanged) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      hasChanged = false;
    },
    close() {
      clearInterval(timer);
      signal.removeEventListener('abort', changed);
      watcher.close();
    },
  };
}
