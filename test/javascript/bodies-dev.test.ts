import { testBodies } from './bodies-suite.ts';
import { startDevelopment } from './dev-target.ts';

testBodies('dev', startDevelopment, { isLibraryOs: false });
