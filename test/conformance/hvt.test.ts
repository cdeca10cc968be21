/** The conformance suites in virtual machines of the native tender, where KVM works. */
import { test } from 'node:test';
import { probeHvt } from '@diatom/tender';
import { nativeTenderPath } from '../hostile/native-tender.ts';
import { testHttp } from './http.ts';
import { testMachine } from './machine.ts';
import { nativeTarget } from './native-target.ts';
import { startOn } from './start.ts';

const problem = await probeHvt(await nativeTenderPath());
if (problem === undefined) {
  const start = startOn(nativeTarget('hvt'));
  testHttp('the hvt target', start);
  testMachine('the hvt target', start);
} else {
  test('the hvt target', { skip: problem }, () => undefined);
}
