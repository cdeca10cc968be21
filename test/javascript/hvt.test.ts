import { test } from 'node:test';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { needsHvt } from '../hvt.ts';
import { testService } from './service.ts';

if (needsHvt.skip === false) testService('hvt', startOn(nativeTarget('hvt')));
else test('a service on hvt', needsHvt, () => undefined);
