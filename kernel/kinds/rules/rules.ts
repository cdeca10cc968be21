/** Which rules each built-in kind has, by type name. */
import type { KindRules } from '../kind.ts';

export const rulesByKind: Readonly<Record<string, KindRules>> = {};
