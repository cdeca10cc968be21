/**
 * The kernel alone, as a process of its own: `node --expose-gc kernel-main.ts DIRECTORY PORT`. It rests after work as it does
 * in `diatom up`, whose supervisor tells it when.
 */
import { performance as threadPerformance } from 'node:perf_hooks';
import { createKernel } from '@diatom/kernel';
import { look, lookEveryMs, rest } from '@diatom/servers/supervisor/rest.ts';

const [dataDirectory = '', port = '0'] = process.argv.slice(2);
const kernel = await createKernel({ dataDirectory, listen: { host: '127.0.0.1', port: Number(port) } });

let worked = { activeMs: 0, workedMs: 0 };
const looking = setInterval(() => {
  const activeMs = threadPerformance.eventLoopUtilization().active;
  const { workedMs, isTimeToRest } = look(worked.workedMs, activeMs - worked.activeMs);
  worked = { activeMs, workedMs };
  if (isTimeToRest) rest();
}, lookEveryMs);

process.once('SIGTERM', () => {
  clearInterval(looking);
  void kernel.close();
});
