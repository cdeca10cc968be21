/** The kernel alone, as a process of its own: `node kernel-main.ts DIRECTORY PORT`. */
import { createKernel } from '@diatom/kernel';

const [dataDirectory = '', port = '0'] = process.argv.slice(2);
const kernel = await createKernel({ dataDirectory, listen: { host: '127.0.0.1', port: Number(port) } });
process.once('SIGTERM', () => void kernel.close());
