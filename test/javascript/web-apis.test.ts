import { cases } from '@diatom/libos/js/testing/cases/index.ts';
import { nativeTarget } from '../conformance/native-target.ts';
import { startOn } from '../conformance/start.ts';
import { testCases } from './cases.ts';
import { scopeCases } from './scope-cases.ts';

testCases({ ...cases, scope: scopeCases }, 'process', startOn(nativeTarget('process')));
