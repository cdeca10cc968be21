/** One-line programs of the language itself, by area. */

import type { Case } from '@diatom/libos/js/testing/cases/index.ts';
import { asyncCases } from './async.ts';
import { builtinCases } from './builtins.ts';
import { classCases } from './classes.ts';
import { controlCases } from './control.ts';
import { patternCases } from './patterns.ts';

export const languageCases: Readonly<Record<string, readonly Case[]>> = {
  async: asyncCases,
  builtins: builtinCases,
  classes: classCases,
  control: controlCases,
  patterns: patternCases,
};
