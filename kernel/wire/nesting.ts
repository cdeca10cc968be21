/**
 * How deep values may stand in each other. Everything that looks inside an object calls itself, so a body of brackets alone
 * would exhaust the stack (Go's decoder, whose stack grows, stops at 10,000).
 */
import { badRequest } from './status.ts';

export const deepestNesting = 500;

export const tooDeep = () =>
  badRequest(`the object provided is unrecognized: exceeded max depth: values may stand ${deepestNesting} deep`);

/** Whether there is anything below `levels` levels of `value`; looks without recursion. */
export function isDeeper(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      if (depth >= levels) return true;
      for (const inner of Object.values(item)) next.push(inner);
    }
    level = next;
  }
  return false;
}
