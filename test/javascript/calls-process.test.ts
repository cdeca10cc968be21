import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { testCalls } from './calls-suite.ts';

testCalls('process', startOn(nativeTarget('process')));
