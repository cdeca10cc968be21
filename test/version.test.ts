/** Rooms that may import nothing still have to say which version they are: written in several places, the same in all. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const checkout = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(checkout, path), 'utf8');
const versionOf = (manifest: string): string => (JSON.parse(read(manifest)) as { version: string }).version;

test('every room has the version of the whole', () => {
  const own = versionOf('package.json');
  const manifests = globSync('*/package.json', { cwd: checkout, exclude: ['node_modules/**'] });
  const sources = globSync('{servers,seal,kernel,cli,tender}/**/*.ts', {
    cwd: checkout,
    exclude: ['**/node_modules/**'],
  });
  const written = [
    ...manifests.map((path) => ({ path, version: versionOf(path) })),
    ...sources.flatMap((path) =>
      [...read(path).matchAll(/\bdiatomVersion = '([^']+)'/g)].map(([, version]) => ({ path, version })),
    ),
  ];
  assert.ok(written.some(({ path }) => path.endsWith('.ts')));
  assert.deepEqual(
    written.filter(({ version }) => version !== own),
    [],
  );
});
