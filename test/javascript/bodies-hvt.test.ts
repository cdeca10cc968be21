import { test } from 'node:test';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { needsHvt } from '../hvt.ts';
import { testBodies } from './bodies-suite.ts';

if (needsHvt.skip === false) testBodies('hvt', startOn(nativeTarget('hvt')));
else test('bodies of requests on hvt', needsHvt, () => undefined);
