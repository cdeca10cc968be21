import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { callsPerProcess } from '../subjects/calls.ts';
import { diatom } from '../subjects/diatom.ts';
import { programs } from './programs.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'diatom-programs-'));
});
after(() => rm(directory, { recursive: true, force: true }));

for (const program of programs) {
  test(`${program.name} gives the same result as our native code and in V8`, async () => {
    const wasm = await program.wasm();
    const module = new WebAssembly.Module(wasm as Uint8Array<ArrayBuffer>);
    assert.deepEqual(WebAssembly.Module.imports(module), []);
    const expected = (new WebAssembly.Instance(module).exports.run as () => number)();
    const own = join(directory, program.name);
    await mkdir(own);
    const { checksum, runMs } = await (await diatom.compile(program.name, wasm, own)).run();
    assert.equal(checksum | 0, expected);
    assert.notEqual(expected, 0, 'a program that failed would say 0');
    assert.equal(runMs.length, callsPerProcess);
  });
}
