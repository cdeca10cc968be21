/** Every package from outside is pinned, explained in docs/dependencies.md, and runs nothing when it is installed. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const checkout = join(import.meta.dirname, '..');
const read = (path: string): string => readFileSync(join(checkout, path), 'utf8');

const manifests = globSync(['package.json', '*/package.json'], { cwd: checkout, exclude: ['node_modules/**'] });

const direct = manifests.flatMap((manifest) => {
  const content = JSON.parse(read(manifest));
  const all: Record<string, string> = {
    ...content.dependencies,
    ...content.devDependencies,
    ...content.optionalDependencies,
  };
  return Object.entries(all)
    .filter(([name]) => !name.startsWith('@diatom/'))
    .map(([name, version]) => ({ manifest, name, version }));
});

test('direct dependencies have exact versions', () => {
  const loose = direct.filter(({ version }) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  assert.deepEqual(loose, []);
});

test('direct dependencies are explained in docs/dependencies.md', () => {
  const page = read('docs/dependencies.md');
  const missing = direct.filter(({ name }) => !page.includes(`\`${name}\``)).map(({ name }) => name);
  assert.deepEqual(missing, []);
});

test('no package runs a script when it is installed', () => {
  const packages: Record<string, { hasInstallScript?: boolean }> = JSON.parse(read('package-lock.json')).packages;
  const scripts = Object.entries(packages).filter(([, entry]) => entry.hasInstallScript === true);
  assert.deepEqual(
    scripts.map(([path]) => path),
    [],
  );
});
