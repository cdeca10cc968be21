import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

const commands = ['build', 'images', 'inspect', 'rmi', 'run', 'up', 'version', 'help'];

test('a slip of the finger finds the command', () => {
  assert.equal(nearest('biuld', commands), 'build');
  assert.equal(nearest('image', commands), 'images');
  assert.equal(nearest('rum', commands), 'run');
  assert.equal(nearest('insp', commands), 'inspect');
});

test('a word that is near nothing finds nothing', () => {
  assert.equal(nearest('deploy', commands), undefined);
  assert.equal(nearest('x', commands), undefined);
});
