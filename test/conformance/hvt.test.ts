/** The conformance suites in virtual machines of the native tender, where KVM works. */
import { test } from 'node:test';
import { needsHvt } from '../hvt.ts';
import { testHttp } from './http.ts';
import { testMachine } from './machine.ts';
import { nativeTarget } from './native-target.ts';
import { startOn } from './start.ts';

if (needsHvt.skip === false) {
  const start = startOn(nativeTarget('hvt'));
  testHttp('the hvt target', start);
  testMachine('the hvt target', start);
} else {
  test('the hvt target', needsHvt, () => undefined);
}
