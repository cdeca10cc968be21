/** `compile-with-diatom.ts MODULE EXECUTABLE`: seals a host program and says how long that took. */
import { readFile, writeFile } from 'node:fs/promises';
import { compile } from '@diatom/seal';
import { type DiatomCompilation, driverPrefix } from './diatom.ts';

const [modulePath = '', executable = ''] = process.argv.slice(2);
const wasm = await readFile(modulePath);
const startedMs = performance.now();
const image = compile(wasm, { flavour: 'linux' });
const compileMs = performance.now() - startedMs;
await writeFile(executable, image.elf, { mode: 0o755 });
const own = image.functions.filter(({ name }) => !name.startsWith(driverPrefix));
const compilation: DiatomCompilation = { compileMs, codeBytes: own.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) };
process.stdout.write(JSON.stringify(compilation));
