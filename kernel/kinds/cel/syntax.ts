/** The tree of a CEL expression (cel-spec langdef.md), with the macros as nodes of their own. */

export type Literal = boolean | bigint | number | string | null | Uint8Array | UintLiteral;

/** `1u`: CEL keeps unsigned numbers apart. */
export interface UintLiteral {
  readonly uint: bigint;
}

export type FoldName =
  | 'all'
  | 'exists'
  | 'exists_one'
  | 'filter'
  | 'map'
  | 'transformList'
  | 'transformMap'
  | 'transformMapEntry'
  | 'sortBy';

export interface Element {
  readonly value: Expression;
  /** `[?x]`: left out when the optional is empty. */
  readonly optional: boolean;
}

export interface Entry extends Element {
  readonly key: Expression;
}

/** `at`: the offset upstream's messages point to (the operator, the dot, the opening parenthesis). */
export type Expression =
  | { readonly kind: 'literal'; readonly value: Literal; readonly at: number }
  | { readonly kind: 'identifier'; readonly name: string; readonly at: number }
  | {
      readonly kind: 'select';
      readonly operand: Expression;
      readonly field: string;
      readonly optional: boolean;
      readonly at: number;
    }
  | { readonly kind: 'has'; readonly operand: Expression; readonly field: string; readonly at: number }
  | Call
  | { readonly kind: 'list'; readonly elements: readonly Element[]; readonly at: number }
  | { readonly kind: 'map'; readonly entries: readonly Entry[]; readonly at: number }
  | Fold
  | Struct
  | {
      readonly kind: 'option-map';
      readonly operand: Expression;
      readonly variable: string;
      readonly body: Expression;
      /** optFlatMap: the body is an optional itself. */
      readonly flat: boolean;
      readonly at: number;
    };

/** `Object.spec{replicas: 3}`: an object of a named type. */
export interface Struct {
  readonly kind: 'struct';
  readonly name: string;
  readonly fields: readonly (Element & { readonly name: string })[];
  readonly at: number;
}

/** Operators are calls under their CEL names: `_+_`, `_&&_`, `_?_:_`, `_[_]`. */
export interface Call {
  readonly kind: 'call';
  readonly name: string;
  readonly target: Expression | undefined;
  readonly args: readonly Expression[];
  readonly at: number;
}

export interface Fold {
  readonly kind: 'fold';
  readonly name: FoldName;
  readonly range: Expression;
  /** One name, or index/key and value. */
  readonly variables: readonly string[];
  /** The predicate of map, transformList and transformMap, where there is one. */
  readonly condition: Expression | undefined;
  readonly body: Expression;
  readonly at: number;
}

export interface Problem {
  readonly at: number;
  readonly message: string;
}

/** cel-go's rendering of a problem: position, line, and where in it. */
export function printProblem(text: string, { at, message }: Problem): string {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  const row = before.split('\n').length;
  const column = [...before.slice(lineStart)].length;
  const line = text.slice(lineStart).split('\n', 1)[0] ?? '';
  return `ERROR: <input>:${row}:${column + 1}: ${message}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

/** `a.b` as one name: a variable may be called so (cel-spec langdef.md, "Name resolution"). */
export function qualifiedName(node: Expression & { readonly kind: 'select' }): string | undefined {
  return node.operand.kind === 'identifier' && !node.optional ? `${node.operand.name}.${node.field}` : undefined;
}

/** `a.b.c` as the name of a type. */
export function pathOf(node: Expression): string | undefined {
  if (node.kind === 'identifier') return node.name;
  if (node.kind !== 'select' || node.optional) return undefined;
  const start = pathOf(node.operand);
  return start === undefined ? undefined : `${start}.${node.field}`;
}
