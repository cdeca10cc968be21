/** Packages from npm, as they are, do in a sealed image what they do under Node. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RunningApplication } from '../conformance/application.ts';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { needsHvt } from '../hvt.ts';
import { packages } from './packages/index.ts';

// Dates are shown in local time, and an image has no other than UTC.
process.env.TZ = 'UTC';

const targets = [
  { target: 'process', needs: { skip: false } },
  { target: 'hvt', needs: needsHvt },
] as const;

for (const { target, needs } of targets) {
  let running: RunningApplication | undefined;

  before(async () => {
    if (needs.skip !== false) return;
    running = await startOn(nativeTarget(target))(join(import.meta.dirname, 'packages/app.ts'));
  });
  after(() => running?.[Symbol.asyncDispose]());

  for (const [name, check] of Object.entries(packages)) {
    test(`${target}: ${name} gives what it gives under Node`, needs, async () => {
      assert.ok(running !== undefined, 'the application has been started');
      const response = await fetch(`http://127.0.0.1:${running.address.port}/${name}`);
      const text = await response.text();
      assert.equal(response.status, 200, `${text}\n${(await running.console()).join('\n')}`);
      assert.deepEqual(JSON.parse(text), JSON.parse(JSON.stringify(await check())));
    });
  }
}
