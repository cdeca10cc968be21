/** The JSONPath that printer columns use: `.a.b`, `['a.b']`, `[0]`, `[*]`, `[?(@.type=="Ready")]`. */
import { isRecord, valueAt } from '../json.ts';

type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly path: readonly string[]; readonly operator: string; readonly value: unknown };

export type JsonPath = readonly Step[];

const stepPattern =
  /\.?\[\?\(\s*@((?:\.[\w-]+)+)\s*(==|!=)\s*("(?:[^"\\]|\\.)*"|'[^']*'|[\w.-]+)\s*\)\]|\.?\['([^']*)'\]|\.?\["([^"]*)"\]|\.?\[(-?\d+)\]|\.?\[\*\]|\.((?:[^.[\]\\]|\\.)+)/y;

/** Undefined when the text is no path of this kind. */
export function parseJsonPath(text: string): JsonPath | undefined {
  const steps: Step[] = [];
  stepPattern.lastIndex = 0;
  const path = text.replace(/^\{|\}$/g, '');
  while (stepPattern.lastIndex < path.length) {
    const match = stepPattern.exec(path);
    if (match === null) return undefined;
    const [, filterPath, operator, literal, single, double, index, field] = match;
    if (filterPath !== undefined && literal !== undefined) {
      steps.push({
        kind: 'filter',
        path: filterPath.slice(1).split('.'),
        operator: operator ?? '==',
        value: parseLiteral(literal),
      });
    } else if (index !== undefined) steps.push({ kind: 'index', index: Number(index) });
    else {
      const name = single ?? double ?? field?.replace(/\\(.)/g, '$1');
      steps.push(name === undefined || name === '*' ? { kind: 'all' } : { kind: 'field', name });
    }
  }
  return steps;
}

function parseLiteral(text: string): unknown {
  if (text.startsWith("'")) return text.slice(1, -1);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** All values the path leads to. */
export function evaluateJsonPath(path: JsonPath, root: unknown): readonly unknown[] {
  let current: unknown[] = [root];
  for (const step of path) current = current.flatMap((value) => advance(step, value));
  return current.filter((value) => value !== undefined);
}

function advance(step: Step, value: unknown): unknown[] {
  switch (step.kind) {
    case 'field':
      return isRecord(value) ? [value[step.name]] : [];
    case 'index':
      return Array.isArray(value) ? [value.at(step.index)] : [];
    case 'all':
      return Array.isArray(value) ? value : isRecord(value) ? Object.values(value) : [];
    case 'filter':
      return (Array.isArray(value) ? value : []).filter((item) => {
        const found = valueAt(item, step.path);
        return (found === step.value) === (step.operator === '==');
      });
  }
}
