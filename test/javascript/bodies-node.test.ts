import { buildPortable } from '@diatom/seal';
import { createNodeTender } from '@diatom/tender';
import { startOn } from '../conformance/start.ts';
import { testBodies } from './bodies-suite.ts';

const start = startOn({
  openTender: async () => createNodeTender(),
  build: async (file) => {
    const { manifest, wasm } = await buildPortable({ file });
    return { manifest, layers: { wasm }, runs: 'wasm' };
  },
});

testBodies('node', start);
