/** Printer columns of the built-in kinds, by type name (kubernetes pkg/printers/internalversion/printers.go). */
import type { Column } from '../kind.ts';

export const columnsByKind: Readonly<Record<string, readonly Column[]>> = {};
