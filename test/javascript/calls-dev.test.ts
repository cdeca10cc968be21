import { testCalls } from './calls-suite.ts';
import { startDevelopment } from './dev-target.ts';

testCalls('dev', startDevelopment, { isLibraryOs: false });
