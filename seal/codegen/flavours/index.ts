import type { Flavour } from '../../compile.ts';
import { hvtRules } from './hvt.ts';
import { linuxRules } from './linux.ts';
import { processRules } from './process.ts';
import type { FlavourRules } from './rules.ts';
import { virtioRules } from './virtio.ts';

export type { FlavourRules } from './rules.ts';

export const flavourRules: Readonly<Record<Flavour, FlavourRules>> = {
  process: processRules,
  hvt: hvtRules,
  virtio: virtioRules,
  linux: linuxRules,
};
