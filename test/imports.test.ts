/** The rooms and what each may import (docs/architecture.md): checked on the source text of every file. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { test } from 'node:test';

const checkout = join(import.meta.dirname, '..');

/** Room → what it may import. A longer path is a part of a room with rights of its own. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  sdk: [],
  kernel: ['@diatom/sdk/api'],
  libos: [],
  tender: ['@diatom/libos'],
  seal: ['@diatom/libos'],
  servers: ['@diatom/sdk'],
  'servers/agent': ['@diatom/sdk', '@diatom/tender', '@diatom/libos'],
  cli: ['@diatom/'],
  examples: ['@diatom/'],
  bench: ['@diatom/'],
  test: ['@diatom/'],
};

interface Import {
  readonly file: string;
  readonly specifier: string;
}

const files = globSync(
  Object.keys(mayImport).map((room) => `${room}/**/*.{ts,mjs}`),
  { cwd: checkout, exclude: ['**/node_modules/**', '**/guest/**', 'examples/*/**'] },
).filter((file, index, all) => all.indexOf(file) === index);

const imports: readonly Import[] = files.flatMap((file) => {
  const text = readFileSync(join(checkout, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const statement =
    /^\s*(?:import|export)\s+(?:[\w\s{},*$]+?\sfrom\s+)?'([^'\n]+)'|\bimport\(\s*'([^'\n]+)'|^} from '([^'\n]+)'/gm;
  return [...text.matchAll(statement)].map((match) => ({ file, specifier: match[1] ?? match[2] ?? match[3] ?? '' }));
});

function partOf(file: string): string {
  const parts = Object.keys(mayImport).filter((part) => file.startsWith(`${part}/`));
  return parts.sort((a, b) => b.length - a.length)[0] ?? '';
}

function listed(wrong: readonly Import[]): string {
  return wrong.map(({ file, specifier }) => `${file} imports ${specifier}`).join('\n');
}

test('there is something to check', () => {
  assert.ok(imports.length > 20, `${imports.length} imports found in ${files.length} files`);
});

test('a room imports only the rooms it may', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    const room = file.split(sep)[0] ?? '';
    if (!specifier.startsWith('@diatom/') || specifier.startsWith(`@diatom/${room}/`)) return false;
    const allowed = mayImport[partOf(file)] ?? [];
    return !allowed.some((door) => specifier === door || specifier.startsWith(door.endsWith('/') ? door : `${door}/`));
  });
  assert.equal(listed(wrong), '');
});

test('a relative import stays inside its room', () => {
  const wrong = imports.filter(({ file, specifier }) => {
    if (!specifier.startsWith('.')) return false;
    const room = file.split(sep)[0] ?? '';
    return !relative('.', join(dirname(file), specifier)).startsWith(`${room}${sep}`);
  });
  assert.equal(listed(wrong), '');
});

test('a server imports no other server: each has to run, and to be rewritten, alone', () => {
  // Folders of `servers/` that are shared, not servers.
  const shared = ['addresses', 'supervisor'];
  const wrong = imports.filter(({ file, specifier }) => {
    const [room, own = '', ...below] = file.split(sep);
    if (room !== 'servers' || below.length === 0 || !specifier.startsWith('.')) return false;
    const [, other = '', ...inside] = relative('.', join(dirname(file), specifier)).split(sep);
    return inside.length > 0 && other !== own && !shared.includes(other);
  });
  assert.equal(listed(wrong), '');
});

test('the compiler goes one way: no two of its folders import each other', () => {
  const folderOf = (path: string): string => path.split(sep)[1] ?? '';
  const ways = new Set(
    imports
      .filter(({ file, specifier }) => file.startsWith(`seal${sep}`) && specifier.startsWith('.'))
      .filter(({ file }) => !file.endsWith('.test.ts'))
      .map(({ file, specifier }) => [folderOf(file), folderOf(relative('.', join(dirname(file), specifier)))])
      .filter(([from, to]) => from !== to && !`${from}${to}`.includes('.ts'))
      .map(([from, to]) => `${from} ${to}`),
  );
  const circles = [...ways].filter((way) => ways.has(way.split(' ').reverse().join(' ')));
  assert.deepEqual(circles, []);
});

test("a package a room imports stands in the room's package.json, and Node's own modules carry node:", () => {
  const wrong = imports.filter(({ file, specifier }) => {
    if (/^(\.|node:|data:|@diatom\/|#|\$\{)/.test(specifier)) return false;
    const room = file.split(sep)[0] ?? '';
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    return !(name in dependenciesOf(`${room}/package.json`));
  });
  assert.equal(listed(wrong), '');
});

function dependenciesOf(path: string): Record<string, string> {
  const content = JSON.parse(readFileSync(join(checkout, path), 'utf8'));
  return { ...content.dependencies, ...content.devDependencies };
}
