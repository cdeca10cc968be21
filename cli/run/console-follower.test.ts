import assert from 'node:assert/strict';
import { appendFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { consoleText, followConsole } from './console-follower.ts';

test('time stamps go and the parts of a long line come together', () => {
  const log =
    '2026-01-01T00:00:00.5Z stdout F one\n2026-01-01T00:00:01Z stdout P tw\n2026-01-01T00:00:01Z stdout F o\n';
  assert.equal(consoleText(log), 'one\ntwo\n');
  assert.equal(consoleText('2026-01-01T00:00:00Z stdout F \n'), '\n');
});

test('a log that appears late is read to its end, and a line is handed on only when it is whole', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-console-'));
  try {
    const path = join(directory, 'log');
    let text = '';
    const follower = followConsole(path, (more) => {
      text += more;
    });
    await appendFile(path, '2026-01-01T00:00:00Z stdout F hällo\n2026-01-01T00:00:00Z std');
    await appendFile(path, 'out F again\n2026-01-01T00:00:00Z stdout F cut');
    await follower.end();
    assert.equal(text, 'hällo\nagain\n');
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a log that is rotated is followed into the new file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'diatom-console-'));
  try {
    const path = join(directory, 'log');
    const line = (text: string): string => `2026-01-01T00:00:00Z stdout F ${text}\n`;
    await appendFile(path, line('before'));
    let text = '';
    const first = Promise.withResolvers<void>();
    const follower = followConsole(path, (more) => {
      text += more;
      first.resolve();
    });
    await first.promise;
    await appendFile(path, line('last of the old'));
    await rename(path, `${path}.1`);
    await appendFile(path, line('first of the new'));
    await follower.end();
    assert.equal(text, 'before\nlast of the old\nfirst of the new\n');
  } finally {
    await rm(directory, { recursive: true });
  }
});
