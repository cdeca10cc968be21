/** From the text of an expression to something that can be run, or to what is wrong with it. */
import { type Checked, check, type StructTypes } from './checker.ts';
import { estimateCost } from './estimate.ts';
import { plan, type Run } from './evaluate.ts';
import { SyntaxProblem } from './lexer.ts';
import { parse } from './parser.ts';
import { type Expression, printProblem } from './syntax.ts';
import type { Type } from './type.ts';
import type { Lazy, Value } from './value.ts';

export interface Program {
  readonly type: Type;
  /** Variables it uses. */
  readonly references: ReadonlySet<string>;
  /** The most it can cost. */
  readonly estimate: () => number;
  /** Ends when more than `limit` has been spent. */
  readonly run: (values: Readonly<Record<string, Value | Lazy | undefined>>, limit: number) => Run;
}

export type Compiled = { readonly program: Program } | { readonly issues: string };

export function compile(text: string, variables: ReadonlyMap<string, Type>, structs?: StructTypes): Compiled {
  let expression: Expression;
  try {
    expression = parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    return { issues: printProblem(text, error.problem) };
  }
  const checked: Checked = check(expression, variables, structs);
  if (checked.problems.length > 0) {
    const problems = checked.problems.toSorted((a, b) => a.at - b.at);
    return { issues: problems.map((problem) => printProblem(text, problem)).join('\n') };
  }
  const names = [...variables.keys()];
  const run = plan(expression, checked, names);
  return {
    program: {
      type: checked.type,
      references: checked.references,
      estimate: () => estimateCost(expression, checked, variables.get('self')),
      run: (values, limit) =>
        run(
          names.map((name) => values[name]),
          limit,
        ),
    },
  };
}
