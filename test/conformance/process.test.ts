/** The conformance suites on the process tender: native code from our compiler, confined. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from '@diatom/seal';
import { connectProcessTender, type Tender } from '@diatom/tender';
import { nativeTenderPath } from '../hostile/native-tender.ts';
import { testHttp } from './http.ts';
import { testMachine } from './machine.ts';
import { startOn } from './start.ts';

const start = startOn({
  openTender: async (): Promise<Tender> => {
    const directory = await mkdtemp(join(tmpdir(), 'diatom-tender-'));
    const tender = await connectProcessTender({
      binaryPath: await nativeTenderPath(),
      socketPath: join(directory, 'tender.sock'),
      clientGraceMs: 2000,
    });
    return {
      start: (spec) => tender.start(spec),
      stop: (id, graceMs) => tender.stop(id, graceMs),
      list: () => tender.list(),
      onEvent: (listener) => tender.onEvent(listener),
      close: async () => {
        await tender.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
  },
  build: async (file) => {
    const { manifest, layers } = await build({ file });
    return { manifest, layers, runs: 'process' };
  },
});

testHttp('the process tender', start);
testMachine('the process tender', start);
