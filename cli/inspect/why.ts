/** `diatom inspect IMAGE --why FUNCTION`: what keeps a function in an image, for people. */
import type { Answer, Step } from '@diatom/seal/inspect/why.ts';
import { formatTable } from '../terminal/table.ts';

type Kept = Extract<Answer, { kind: 'kept' }>;

const ways: Readonly<Record<Step['by'], string>> = {
  entry: 'entry',
  start: 'start',
  held: 'held by a table',
  call: 'calls',
  table: 'may call over a table',
  reference: 'takes the address of',
};

export function describeWhy({ function: name, path, callers }: Kept): string {
  const onPath = path.at(-2)?.function;
  const others = callers.filter((caller) => caller.function !== onPath);
  return [
    path.length === 0 ? `Nothing leads to ${name}: the linker kept it without need.` : pathTable(path),
    ...(others.length === 0
      ? []
      : [
          '',
          formatTable(
            [{ title: 'ALSO' }, { title: 'FROM' }],
            others.map((each) => [ways[each.by], each.function]),
          ),
        ]),
  ].join('\n');
}

const pathTable = (path: readonly Step[]): string =>
  formatTable(
    [{ title: 'HOW' }, { title: 'FUNCTION' }],
    path.map((step) => [ways[step.by], step.function]),
  );
