/** `node native-tender-build.ts PATH`: seals the native tender into a file. A process of its own: see native-tender.ts. */
import { writeFile } from 'node:fs/promises';
import { nativeTenderSource } from '@diatom/tender';
import { sealNativeProgram } from './native-program.ts';

const [, , path = ''] = process.argv;
try {
  await writeFile(path, await sealNativeProgram(nativeTenderSource), { mode: 0o755, flush: true });
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
