import { test } from 'node:test';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { needsHvt } from '../hvt.ts';
import { testCalls } from './calls-suite.ts';

if (needsHvt.skip === false) testCalls('hvt', startOn(nativeTarget('hvt')));
else test('requests to other hosts on hvt', needsHvt, () => undefined);
