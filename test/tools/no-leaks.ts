/**
 * Loaded before every test file (`--import`): a file that has left something open after its last test fails and says
 * what, instead of holding the whole run for ever.
 */
import { after } from 'node:test';
import { isMainThread } from 'node:worker_threads';

/** Includes what the file's own `after` tidies up. */
const patienceMs = Number(process.env.TEST_PATIENCE_MS ?? 30_000);

// Threads and programs that a test starts may load this too.
if (isMainThread && process.argv[1]?.endsWith('.test.ts')) {
  after(() => {
    setTimeout(() => {
      const open = process.getActiveResourcesInfo().join(', ');
      process.stderr.write(`${process.argv[1]} has not ended after its last test; still open: ${open}\n`);
      process.exit(1);
    }, patienceMs).unref();
  });
}
