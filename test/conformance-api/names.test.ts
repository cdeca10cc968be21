/** What names.ts says is held against the tests there are and against the list of upstream's names. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { notTested, renamed, tested, testedAs } from './names.ts';

const checkout = join(import.meta.dirname, '../..');
const list = join(checkout, '../shared/data/kubernetes-conformance-names.txt');

/** Titles of the tests in a file; a part that is put in is any text. */
function titlesOf(file: string): readonly RegExp[] {
  const text = readFileSync(join(checkout, file), 'utf8');
  return [...text.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs)].map(([, , title = '']) => {
    const plain = title.replaceAll("\\'", "'");
    const parts = plain.split(/\$\{[^}]*\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.+')}$`);
  });
}

/** Without the group and the labels in brackets: `should work [Slow] [Conformance]`. */
const plainName = (line: string): string =>
  line
    .replace(/^\[[^\]]*\] /, '')
    .replace(/\s*\[[A-Za-z][^\]]*\]/g, '')
    .replace(/\s+/g, ' ')
    .trim();

test('every name that is said to be tested is the title of a test', () => {
  for (const [file, names] of Object.entries(tested)) {
    const titles = titlesOf(file);
    for (const name of names)
      assert.ok(
        titles.some((title) => title.test(name)),
        `${file}: ${name}`,
      );
  }
  for (const { name, file, title } of testedAs)
    assert.ok(
      titlesOf(file).some((each) => each.test(title)),
      `${file}: ${title} (for ${name})`,
    );
});

test('no name is said to be tested twice', () => {
  const names = [...Object.values(tested).flat(), ...testedAs.map(({ name }) => name)];
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  );
});

const skip = existsSync(list) ? false : `needs ${list}`;

test('every upstream name is tested, or there is a reason, and one only', { skip }, () => {
  const upstream = new Set(
    readFileSync(list, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(plainName),
  );
  const claimed = new Set([...Object.values(tested).flat(), ...testedAs.map(({ name }) => name)]);
  for (const name of claimed) assert.ok(upstream.has(name), `upstream has no ${name}`);
  for (const name of upstream) {
    const isClaimed = claimed.has(renamed[name] ?? name);
    const reasons = notTested.filter(({ names }) => names.some((start) => name.startsWith(start)));
    assert.ok(isClaimed || reasons.length === 1, `${name}: ${reasons.length} reasons`);
  }
});

test('every reason is of some name', { skip }, () => {
  const text = readFileSync(list, 'utf8').split('\n').map(plainName);
  for (const { names } of notTested)
    for (const start of names)
      assert.ok(
        text.some((name) => name.startsWith(start)),
        start,
      );
});
