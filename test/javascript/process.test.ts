import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { testService } from './service.ts';

testService('process', startOn(nativeTarget('process')));
