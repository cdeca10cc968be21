/** `diatom new` as its users have it: what it writes is tested, checked and joined. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { bundle } from '@diatom/seal/bundle/bundle.ts';
import { parseProject } from '@diatom/seal/project.ts';

const checkout = join(import.meta.dirname, '../..');

/** A test runner inside of one has to be told that it is on its own. */
const environment: NodeJS.ProcessEnv = {
  ...process.env,
  NODE_TEST_CONTEXT: undefined,
  PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
};

async function inTemporary(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-new-'));
  try {
    await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function run(directory: string, program: string, ...words: readonly string[]) {
  return spawnSync(program, words, { cwd: directory, encoding: 'utf8', env: environment, timeout: 60_000 });
}

const diatom = (directory: string, ...words: readonly string[]) =>
  run(directory, process.execPath, join(checkout, 'cli/bin/diatom.mjs'), ...words);

test('a new project passes its test by npm test, its type check, and is joined to an image', async () => {
  await inTemporary(async (directory) => {
    const made = diatom(directory, 'new', 'services/greeter');
    assert.equal(made.status, 0, made.stderr);
    const project = join(directory, 'services/greeter');
    const tested = run(project, 'npm', 'test');
    assert.equal(tested.status, 0, tested.stdout + tested.stderr);
    assert.match(tested.stdout, /pass 3/);
    const compiler = join(checkout, 'node_modules/typescript/bin/tsc');
    const checked = run(project, process.execPath, compiler, '--noEmit');
    assert.equal(checked.status, 0, checked.stdout);
    await writeFile(
      join(project, 'wrong.ts'),
      'import { type Env } from "./service.ts";\n(env: Env) => env.NOTHING;\n',
    );
    const wrong = run(project, process.execPath, compiler, '--noEmit');
    assert.match(wrong.stdout, /wrong\.ts.*Property 'NOTHING' does not exist on type 'Env'/);
    const { globals } = await bundle(join(project, 'service.ts'));
    assert.deepEqual([...globals].sort(), ['Response', 'URL']);
  });
});

test('the image has the name of the project', async () => {
  await inTemporary(async (directory) => {
    const { files } = JSON.parse(diatom(directory, 'new', 'greeter', '--json').stdout);
    assert.ok(files.includes('greeter.yaml'), files);
    const text = await readFile(join(directory, 'greeter/diatom.json'), 'utf8');
    const { name } = parseProject(text, 'service.ts', { maximumBytes: 2 ** 26, stackBytes: 2 ** 20 });
    assert.equal(name, 'greeter');
  });
});

test('nothing is written into a directory that has something in it, over a file, or under a name no image can have', async () => {
  await inTemporary(async (directory) => {
    await mkdir(join(directory, 'full'));
    await writeFile(join(directory, 'full/mine'), '');
    await writeFile(join(directory, 'file'), '');
    assert.match(diatom(directory, 'new', 'full').stderr, /full is there and not empty/);
    assert.match(diatom(directory, 'new', 'file').stderr, /file is there and is not a directory/);
    assert.match(diatom(directory, 'new', 'No_Name').stderr, /"No_Name" cannot be the name of an image/);
    assert.deepEqual((await readdir(directory, { recursive: true })).sort(), ['file', 'full', 'full/mine']);
    await mkdir(join(directory, 'empty'));
    assert.equal(diatom(directory, 'new', 'empty').status, 0);
  });
});
