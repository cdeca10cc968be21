import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { testWebApis } from './web-apis.ts';

testWebApis('process', startOn(nativeTarget('process')));
