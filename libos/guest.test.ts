/** Guest declarations are written by hand in AssemblyScript; here they are held to the tables they repeat. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { machineCalls, machineErrors, machineModule, readyBits } from './abi.ts';

const guest = join(import.meta.dirname, 'guest');

interface Declaration {
  readonly name: string;
  readonly parameters: readonly string[];
  readonly result: string;
}

/** `@external(module, name)` + `export declare function ...(a: i32, b: usize): i32`. */
function declarations(source: string, module: string): readonly Declaration[] {
  const pattern = /@external\("([^"]+)", "([^"]+)"\)\s+export declare function \w+\(([^)]*)\): (\w+);/g;
  return [...source.matchAll(pattern)]
    .filter(([, from]) => from === module)
    .map(([, , name = '', parameters = '', result = '']) => ({
      name,
      parameters: [...parameters.matchAll(/\w+: (\w+)/g)].map(([, type = '']) => (type === 'usize' ? 'i32' : type)),
      result: result === 'void' ? 'none' : result,
    }));
}

const byName = (a: Declaration, b: Declaration): number => (a.name < b.name ? -1 : 1);

test('the library OS declares exactly the machine calls of the table', async () => {
  const source = await readFile(join(guest, 'os/machine.ts'), 'utf8');
  const expected = machineCalls.map(({ name, parameters, result }) => ({
    name,
    parameters: parameters.map(({ type }) => type),
    result,
  }));
  assert.deepEqual([...declarations(source, machineModule)].sort(byName), expected.sort(byName));
});

test('error codes and readiness bits are those of the table on both sides', async () => {
  for (const file of ['os/machine.ts', 'app/os.ts']) {
    const source = await readFile(join(guest, file), 'utf8');
    for (const [name, value] of Object.entries({ ...machineErrors, ...readyBits })) {
      assert.ok(source.includes(`export const ${name.toUpperCase()} = ${value};`), `${name} in ${file}`);
    }
  }
});

test('what applications declare of the library OS is what it exports', async () => {
  // AssemblyScript applications, and the glue of JavaScript ones.
  const sources = await Promise.all(['app/os.ts', 'js/os.ts'].map((file) => readFile(join(guest, file), 'utf8')));
  const declared = new Set(sources.flatMap((source) => declarations(source, 'diatom:os').map(({ name }) => name)));
  const index = await readFile(join(guest, 'os/index.ts'), 'utf8');
  const exported = [...index.matchAll(/export \{([^}]*)\}/g)].flatMap(([, names = '']) => names.match(/\w+/g) ?? []);
  // The bridge uses these itself.
  const forBridge = ['run', 'entropy_word'];
  declared.delete('entropy_word');
  assert.deepEqual([...declared].toSorted(), exported.filter((name) => !forBridge.includes(name)).toSorted());
});
