import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtInRows } from '../kinds/built-in.ts';
import { openApi } from '../verbs/test-api.ts';
import { runEpisode, targets } from './episode.ts';
import { templateObject } from './requests.ts';
import { nameOf, templates } from './templates.ts';

test('the template of every built-in kind is valid', async () => {
  await using api = await openApi();
  assert.deepEqual(Object.keys(templates).sort(), builtInRows.map(({ type }) => type).sort());
  for (const target of targets.filter(({ schema }) => schema !== undefined)) {
    const object = templateObject(target, `${nameOf(target.type, 0)}${target.isView ? '-view' : ''}`);
    const { status, text } = await api.call('POST', `${target.collection}?fieldValidation=Strict`, object);
    assert.equal(status, 201, `${target.type}: ${text}`);
  }
});

for (const [seed, target] of targets.entries()) {
  test(`random requests about ${target.type} keep what the API promises (seed ${seed})`, async () => {
    const { findings } = await runEpisode({ seed, steps: 40, types: [target.type] });
    assert.deepEqual(findings, []);
  });
}
