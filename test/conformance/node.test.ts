/** The conformance suites on the `node` tender. */
import { buildPortable } from '@diatom/seal';
import { createNodeTender } from '@diatom/tender';
import { testHttp } from './http.ts';
import { testMachine } from './machine.ts';
import { startOn } from './start.ts';

const start = startOn({
  openTender: async () => createNodeTender(),
  build: async (file) => {
    const { manifest, wasm } = await buildPortable({ file });
    return { manifest, layers: { wasm }, runs: 'wasm' };
  },
});

testHttp('the node tender', start);
testMachine('the node tender', start);
