/** Rules of CustomResourceDefinitions themselves. */
import type { KindRules } from '../kind.ts';

export const customResourceDefinitionRules: KindRules = { generation: true };
