/** The web APIs under `diatom dev` are those of an image: the same cases, with V8 in place of the engine. */
import { cases } from '@diatom/libos/js/testing/cases/index.ts';
import { testCases } from './cases.ts';
import { startDevelopment } from './dev-target.ts';

testCases(cases, 'dev', startDevelopment);
