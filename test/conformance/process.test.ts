/** The conformance suites on the process target: native code from our compiler, confined. */
import { testHttp } from './http.ts';
import { testMachine } from './machine.ts';
import { nativeTarget } from './native-target.ts';
import { startOn } from './start.ts';

const start = startOn(nativeTarget('process'));

testHttp('the process tender', start);
testMachine('the process tender', start);
