/** The command as a shell sees it: streams, exit status, wording. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { commands, groups } from './commands.ts';
import { commandHelp, overview } from './help.ts';

const home = mkdtempSync(join(tmpdir(), 'diatom-home-'));
after(() => rmSync(home, { recursive: true, force: true }));

const bin = join(import.meta.dirname, 'bin/diatom.mjs');
const environment = { ...process.env, DIATOM_HOME: home, NO_COLOR: '1' };

function diatom(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, ...words], { encoding: 'utf8', env: environment });
}

test('the version comes from the Node that ships with Diatom', () => {
  const { status, stdout } = diatom('version', '--json');
  assert.equal(status, 0);
  const all = JSON.parse(stdout);
  assert.match(all.diatom, /^\d+\.\d+\.\d+$/);
  assert.ok(Number(all.node.split('.')[0]) >= 26, `Node ${all.node}`);
});

test('help names every command, and every command has help of its own', () => {
  const { status, stdout, stderr } = diatom('help');
  assert.equal(status, 0);
  assert.equal(stderr, '');
  for (const { name } of commands) assert.match(stdout, new RegExp(`^  ${name}\\b`, 'm'));
  const { stdout: byOption } = diatom('run', '--help');
  assert.equal(diatom('help', 'run').stdout, byOption);
  assert.match(byOption, /^Usage: diatom run IMAGE\|FILE \[OPTIONS\]/);
});

test('no line of any help is longer than 100 columns', () => {
  const texts = [overview(groups, 200), ...commands.map((command) => commandHelp(command, 200))];
  for (const line of texts.flatMap((text) => text.split('\n'))) assert.ok(line.length <= 100, line);
});

test('no command at all is wrong usage; an unknown one names the nearest', () => {
  assert.equal(diatom().status, 2);
  const { status, stdout, stderr } = diatom('biuld');
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.equal(stderr, 'error: there is no command "biuld"\nDid you mean "diatom build"?\n');
});

test('a failure is a sentence on stderr and status 1', () => {
  const { status, stdout, stderr } = diatom('inspect', 'nothing');
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^error: there is no image "nothing"\nSee "diatom images"/);
});

test('an empty store is an empty list for programs and a hint for people', () => {
  assert.deepEqual(JSON.parse(diatom('images', '--json').stdout), []);
  const { stdout, stderr } = diatom('images');
  assert.equal(stdout, '');
  assert.match(stderr, /no images yet/);
});

test('a file that is not there is named', () => {
  const { status, stderr } = diatom('build', 'no/such/file.ts');
  assert.equal(status, 1);
  assert.equal(stderr, 'error: there is no file no/such/file.ts\n');
});

test('what only some commands need is not loaded by all: no compiler in a cell', () => {
  const program = `
    import { registerHooks } from 'node:module';
    const seen = [];
    registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
    await import(${JSON.stringify(pathToFileURL(join(import.meta.dirname, 'commands.ts')).href)});
    console.log(JSON.stringify(seen));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const seen: readonly string[] = JSON.parse(stdout);
  assert.ok(seen.length > 20, 'the hook sees what is loaded');
  assert.deepEqual(
    seen.filter((url) => /node_modules\/(binaryen|assemblyscript)|\/seal\/(link|codegen|decode)\//.test(url)),
    [],
  );
});

test('a command that compiles nothing loads no compiler', () => {
  const hook = `
    import { registerHooks } from 'node:module';
    registerHooks({
      load: (url, context, next) => {
        if (/node_modules.(assemblyscript|binaryen)/.test(url)) process.stderr.write(url + '\\n');
        return next(url, context);
      },
    });`;
  const words = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`, bin, 'images', '--json'];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', env: environment });
  assert.equal(status, 0);
  assert.equal(stderr, '', 'diatom up would keep it for as long as the cell lives');
});
