/** Files out of the page cache, so that a start reads them from the disk. */
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** GNU dd with nothing to copy asks for exactly that: POSIX_FADV_DONTNEED for the whole file. */
export async function evict(path: string): Promise<void> {
  // Pages that are not on the disk yet stay.
  const file = await open(path);
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
  await run('dd', [`if=${path}`, 'iflag=nocache', 'count=0', 'status=none']);
}
