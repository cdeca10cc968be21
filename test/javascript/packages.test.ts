/** Packages from npm, as they are, do in a sealed image what they do under Node. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunningApplication } from '../conformance/application.ts';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { packages } from './packages/index.ts';

// Dates are shown in local time, and an image has no other than UTC.
process.env.TZ = 'UTC';

let running: RunningApplication;

before(async () => {
  running = await startOn(nativeTarget('process'))(join(import.meta.dirname, 'packages/app.ts'));
});
after(() => running[Symbol.asyncDispose]());

for (const [name, check] of Object.entries(packages)) {
  test(`${name} gives what it gives under Node`, async () => {
    const response = await fetch(`http://127.0.0.1:${running.address.port}/${name}`);
    const text = await response.text();
    assert.equal(response.status, 200, `${text}\n${(await running.console()).join('\n')}`);
    assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(await check())));
  });
}
