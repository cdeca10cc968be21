/**
 * A cell as a process of its own, for tests that kill it: `node cell-process.ts DATA IMAGES TENDER`. Prints one line of
 * JSON when ready; stops in order on SIGTERM.
 */
import { startCell } from '@diatom/cli/cell/cell.ts';

const [dataDirectory = '', imageStoreDirectory = '', binaryPath = ''] = process.argv.slice(2);
const cell = await startCell({
  dataDirectory,
  imageStoreDirectory,
  tender: { kind: 'process', binaryPath },
  nodeName: 'here',
  ...(process.env.DIATOM_TEST_LOG === undefined
    ? {}
    : { log: (source, line) => process.stderr.write(`${source}: ${line}\n`) }),
});
process.once('SIGTERM', () => void cell.close());
process.stdout.write(`${JSON.stringify({ kubeconfigPath: cell.kubeconfigPath, readyMs: cell.readyMs })}\n`);
