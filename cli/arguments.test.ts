import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from './arguments.ts';
import type { Command } from './command.ts';
import { CommandError } from './failure.ts';

const command: Command = {
  name: 'launch',
  does: 'Launch',
  operands: [{ name: 'IMAGE' }, { name: 'PLACE', isOptional: true }],
  options: [
    { name: 'publish', short: 'p', value: 'PORT', isRepeatable: true, does: '' },
    { name: 'memory', value: 'BYTES', does: '' },
    { name: 'json', does: '' },
  ],
  notes: [],
  examples: [],
  run: async () => 0,
};

const parse = (line: string) => parseArguments(command, line.split(' ').filter(Boolean));
const failure = (line: string): string => {
  try {
    parse(line);
  } catch (error) {
    if (error instanceof CommandError) return `${error.status} ${error.message} | ${error.advice}`;
  }
  return 'no failure';
};

test('operands, switches, values and repeated values', () => {
  const { operands, options } = parse('hello -p 80 --publish=81 --memory 16Mi --json');
  assert.deepEqual(operands, ['hello']);
  assert.deepEqual(options.all('publish'), ['80', '81']);
  assert.equal(options.text('memory'), '16Mi');
  assert.equal(options.has('json'), true);
});

test('--help wins over everything that is wrong after it', () => {
  assert.equal(parse('--help --nonsense').wantsHelp, true);
});

test('every mistake says what to do and is a usage error', () => {
  assert.equal(failure(''), '2 launch needs IMAGE | See "diatom help launch".');
  assert.equal(failure('a b c'), '2 launch does not know what to do with "c" | See "diatom help launch".');
  assert.equal(failure('a --memroy 1'), '2 launch has no option --memroy | Did you mean --memory?');
  assert.equal(failure('a -x'), '2 launch has no option -x | See "diatom help launch".');
  assert.equal(failure('a --json=1'), '2 --json takes no value | See "diatom help launch".');
  assert.equal(failure('a --memory'), '2 --memory needs a value: --memory BYTES | See "diatom help launch".');
  assert.equal(failure('a --memory --json'), '2 --memory needs a value: --memory BYTES | See "diatom help launch".');
  assert.equal(failure('a --memory 1 --memory 2'), '2 --memory is given twice | See "diatom help launch".');
});

test('everything after -- is an operand', () => {
  assert.deepEqual(parse('a -- --json').operands, ['a', '--json']);
});
