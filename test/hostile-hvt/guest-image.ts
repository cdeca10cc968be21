/** The guest of test/hostile-hvt/guest, compiled as the bindings of an image are, but alone. */
import { join } from 'node:path';
import { sealNativeProgram } from '@diatom/cli/native-program.ts';

const compilerWords = ['--runtime', 'stub', '--optimizeLevel', '3', '--noAssert', '--use', 'abort='] as const;
const memoryWords = ['--initialMemory', '1', '--maximumMemory', '65536'] as const;

export const hostileGuest = (): Promise<Uint8Array> =>
  sealNativeProgram({
    entryPath: join(import.meta.dirname, 'guest/guest.ts'),
    ascOptions: [...compilerWords, ...memoryWords],
    flavour: 'hvt',
  });
