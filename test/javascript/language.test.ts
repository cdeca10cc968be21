import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { testCases } from './cases.ts';
import { languageCases } from './language/index.ts';

// Dates are local, and an image has no other time than UTC.
process.env.TZ = 'UTC';

testCases(languageCases, 'process', startOn(nativeTarget('process')));
