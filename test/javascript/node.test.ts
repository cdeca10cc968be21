import { buildPortable } from '@diatom/seal';
import { createNodeTender } from '@diatom/tender';
import { startOn } from '../conformance/start.ts';
import { testService } from './service.ts';

const start = startOn({
  openTender: async () => createNodeTender(),
  build: async (file) => {
    const { manifest, wasm } = await buildPortable({ file });
    return { manifest, layers: { wasm }, runs: 'wasm' };
  },
});

testService('node', start);
