import { cases } from '@diatom/libos/js/testing/cases/index.ts';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { testCases } from './cases.ts';

testCases(cases, 'process', startOn(nativeTarget('process')));
