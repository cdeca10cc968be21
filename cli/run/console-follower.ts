/**
 * Follows a log the tender writes (`<RFC 3339> stdout F <line>`, Kubernetes' CRI log format; P marks a part of a line
 * that goes on) and hands its text on.
 */
import { type FileHandle, open, stat } from 'node:fs/promises';

/** Shorter is not seen by people; the file is only looked at while an image runs in the foreground. */
const intervalMs = 25;
const readBytes = 1 << 16;

export interface ConsoleFollower {
  /** Hands on what is there now, then stops. Idempotent. */
  end(): Promise<void>;
}

export function followConsole(path: string, onText: (text: string) => void): ConsoleFollower {
  let file: FileHandle | undefined;
  let pending = Buffer.alloc(0);
  const buffer = Buffer.alloc(readBytes);

  const drain = async (): Promise<void> => {
    // Not there yet: the tender makes it when it boots the image.
    file ??= await open(path).catch(() => undefined);
    if (file === undefined) return;
    await readToEnd(file);
    if (!(await isReplaced(path, file))) return;
    // A long log is rotated: what was written before that first, then the new file from its beginning.
    await readToEnd(file);
    await file.close();
    file = await open(path);
    await readToEnd(file);
  };

  const readToEnd = async (opened: FileHandle): Promise<void> => {
    for (;;) {
      const { bytesRead } = await opened.read(buffer, 0, readBytes, null);
      if (bytesRead === 0) return;
      pending = Buffer.concat([pending, buffer.subarray(0, bytesRead)]);
      const end = pending.lastIndexOf('\n') + 1;
      const text = consoleText(pending.toString('utf8', 0, end));
      pending = pending.subarray(end);
      if (text !== '') onText(text);
    }
  };

  let ending: Promise<void> | undefined;
  let draining = drain();
  const timer = setInterval(() => {
    draining = draining.then(drain);
  }, intervalMs);
  const end = async (): Promise<void> => {
    clearInterval(timer);
    await draining.then(drain);
    await file?.close();
  };
  return {
    end: () => {
      ending ??= end();
      return ending;
    },
  };
}

async function isReplaced(path: string, file: FileHandle): Promise<boolean> {
  const [present, own] = await Promise.all([stat(path).catch(() => undefined), file.stat()]);
  return present !== undefined && present.ino !== own.ino;
}

/** Whole lines of the log → what the image wrote. */
export function consoleText(log: string): string {
  return log
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, isWhole, text] = /^\S+ \S+ ([FP]) ?(.*)$/s.exec(line) ?? [];
      if (text === undefined) return `${line}\n`;
      return isWhole === 'F' ? `${text}\n` : text;
    })
    .join('');
}
