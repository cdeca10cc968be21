import type { BodyInstruction } from '../decode/body.ts';

/** For every loop, by its position in the body: the locals assigned inside, ascending. They become header parameters. */
export function assignedInLoops(body: readonly BodyInstruction[]): ReadonlyMap<number, readonly number[]> {
  const result = new Map<number, readonly number[]>();
  const open: { readonly position: number; readonly isLoop: boolean; readonly assigned: Set<number> }[] = [];
  for (const [position, { opcode, index }] of body.entries()) {
    switch (opcode.name) {
      case 'block':
      case 'loop':
      case 'if':
        open.push({ position, isLoop: opcode.name === 'loop', assigned: new Set() });
        break;
      case 'end': {
        const closed = open.pop();
        if (closed === undefined) break;
        if (closed.isLoop)
          result.set(
            closed.position,
            [...closed.assigned].sort((a, b) => a - b),
          );
        const outer = open.at(-1);
        if (outer !== undefined) for (const local of closed.assigned) outer.assigned.add(local);
        break;
      }
      case 'local.set':
      case 'local.tee':
        open.at(-1)?.assigned.add(index);
        break;
    }
  }
  return result;
}
