/** A kernel as a process of its own, for tests that kill it: `node kernel-process.ts DIRECTORY`, prints its URL when ready. */
import { createKernel } from '@diatom/kernel';

const [dataDirectory = ''] = process.argv.slice(2);
const kernel = await createKernel({ dataDirectory, listen: { host: '127.0.0.1', port: 0 } });
process.stdout.write(`${kernel.address?.url}\n`);
