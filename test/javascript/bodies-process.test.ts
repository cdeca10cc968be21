import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { testBodies } from './bodies-suite.ts';

testBodies('process', startOn(nativeTarget('process')));
