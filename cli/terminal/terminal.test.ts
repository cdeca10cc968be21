import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from './table.ts';
import { createTerminal } from './terminal.ts';
import { formatBytes, formatMs, parseBytes, parseDurationMs } from './units.ts';
import { wrap } from './wrap.ts';

const output = (isTTY: boolean) => ({ isTTY, columns: 60, write: () => true });

test('colour goes to terminals only, and NO_COLOR and TERM=dumb are respected', () => {
  const styled = (isTTY: boolean, environment: Record<string, string>) =>
    createTerminal(output(isTTY), output(isTTY), environment).style('red', 'x') !== 'x';
  assert.equal(styled(true, {}), true);
  assert.equal(styled(true, { NO_COLOR: '' }), true);
  assert.equal(styled(true, { NO_COLOR: '1' }), false);
  assert.equal(styled(true, { TERM: 'dumb' }), false);
  assert.equal(styled(false, {}), false);
});

test('a table aligns its columns and leaves no blanks at the ends of lines', () => {
  const text = formatTable(
    [{ title: 'NAME' }, { title: 'SIZE', align: 'right' }],
    [
      ['é', '5'],
      ['longer', '12345'],
    ],
  );
  assert.equal(text, 'NAME      SIZE\né            5\nlonger   12345');
});

test('lines break at blanks', () => {
  assert.deepEqual(wrap('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrap('incomprehensible a', 5), ['incomprehensible', 'a']);
});

test('amounts of memory', () => {
  assert.equal(parseBytes('--memory', '16Mi'), 16 * 2 ** 20);
  assert.equal(parseBytes('--memory', '64k'), 64_000);
  assert.equal(parseBytes('--memory', '1048576'), 1048576);
  for (const wrong of ['', '16MB', '-1', 'Mi', '1 Mi']) assert.throws(() => parseBytes('--memory', wrong), /memory/);
  assert.equal(formatBytes(1000), '1000 B');
  assert.equal(formatBytes(44_000), '43.0 KiB');
  assert.equal(formatBytes(16 * 2 ** 20), '16 MiB');
});

test('durations', () => {
  assert.equal(parseDurationMs('--idle', '1m30s'), 90_000);
  assert.equal(parseDurationMs('--idle', '500ms'), 500);
  assert.equal(parseDurationMs('--idle', '0'), 0);
  for (const wrong of ['', '30', 's', '30 s', '1d']) assert.throws(() => parseDurationMs('--idle', wrong), /duration/);
  assert.equal(formatMs(1.234), '1.23 ms');
  assert.equal(formatMs(812.4), '812 ms');
  assert.equal(formatMs(2340), '2.3 s');
});
