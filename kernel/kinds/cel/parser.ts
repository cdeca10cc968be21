/** From CEL text to its tree, macros expanded (cel-spec langdef.md; cel-go parser/macro.go, ext/comprehensions.go). */
import { SyntaxProblem, type Token, tokenise } from './lexer.ts';
import { type Element, type Entry, type Expression, type FoldName, pathOf, type Struct } from './syntax.ts';

/** cel-go's limits. */
const deepest = 250;
const longest = 100_000;

const reserved = new Set([
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]);

/** Lowest first; all associate to the left. */
const binaryLevels: readonly (readonly string[])[] = [
  ['<', '<=', '>=', '>', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];

const intMost = 2n ** 63n - 1n;
const uintMost = 2n ** 64n - 1n;

/** Throws a SyntaxProblem. */
export function parse(text: string): Expression {
  if (text.length > longest) {
    throw new SyntaxProblem(0, `expression code point size exceeds limit: size: ${text.length}, limit ${longest}`);
  }
  return new Parser(tokenise(text)).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  whole(): Expression {
    const expression = this.#expression();
    const rest = this.#peek();
    if (rest.kind !== 'end') throw new SyntaxProblem(rest.at, `mismatched input '${rest.text}' expecting <EOF>`);
    return expression;
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? { kind: 'end', text: '<EOF>', at: 0 };
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next++;
    return token;
  }

  #is(text: string): boolean {
    const token = this.#peek();
    return token.text === text && (token.kind === 'symbol' || token.kind === 'name');
  }

  #skip(text: string): Token | undefined {
    return this.#is(text) ? this.#take() : undefined;
  }

  #need(text: string): Token {
    const token = this.#peek();
    if (!this.#is(text)) throw new SyntaxProblem(token.at, `mismatched input '${token.text}' expecting '${text}'`);
    return this.#take();
  }

  #nested<T>(read: () => T): T {
    if (++this.#depth > deepest) {
      throw new SyntaxProblem(this.#peek().at, `expression recursion limit exceeded: ${deepest}`);
    }
    const result = read();
    this.#depth--;
    return result;
  }

  #expression(): Expression {
    return this.#nested(() => {
      const condition = this.#junction('||', () => this.#junction('&&', () => this.#binary(0)));
      const mark = this.#skip('?');
      if (mark === undefined) return condition;
      const whenTrue = this.#junction('||', () => this.#junction('&&', () => this.#binary(0)));
      this.#need(':');
      return call('_?_:_', [condition, whenTrue, this.#expression()], mark.at);
    });
  }

  /** A long chain of `&&` or `||` is kept flat: depth is what is limited, not length. */
  #junction(operator: string, read: () => Expression): Expression {
    let left = read();
    for (let sign = this.#skip(operator); sign !== undefined; sign = this.#skip(operator)) {
      left = call(`_${operator}_`, [left, read()], sign.at);
    }
    return left;
  }

  #binary(level: number): Expression {
    const operators = binaryLevels[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const operator = operators.find((text) => this.#is(text));
      if (operator === undefined) return left;
      const { at } = this.#take();
      left = call(operator === 'in' ? '@in' : `_${operator}_`, [left, this.#binary(level + 1)], at);
    }
  }

  #unary(): Expression {
    const sign = this.#peek();
    if (this.#skip('!')) return this.#nested(() => call('!_', [this.#unary()], sign.at));
    if (this.#skip('-')) {
      const number = this.#peek();
      if (number.kind === 'int' || number.kind === 'double') {
        this.#take();
        return this.#member(literalOf(number, sign.at, true));
      }
      return this.#nested(() => call('-_', [this.#unary()], sign.at));
    }
    return this.#member(this.#primary());
  }

  #member(start: Expression): Expression {
    let result = start;
    for (;;) {
      const open = this.#peek();
      if (this.#skip('.')) {
        const optional = this.#skip('?') !== undefined;
        const field = this.#name();
        const parenthesis = optional ? undefined : this.#skip('(');
        result =
          parenthesis === undefined
            ? { kind: 'select', operand: result, field: field.text, optional, at: open.at }
            : memberCall(result, field.text, this.#list(')'), parenthesis.at);
      } else if (this.#skip('[')) {
        const optional = this.#skip('?') !== undefined;
        const index = this.#expression();
        this.#need(']');
        result = call(optional ? '_[?_]' : '_[_]', [result, index], open.at);
      } else {
        const name = this.#is('{') ? pathOf(result) : undefined;
        if (name === undefined) return result;
        this.#take();
        result = { kind: 'struct', name, fields: this.#fields(), at: open.at };
      }
    }
  }

  #name(): Token {
    const token = this.#take();
    if (token.kind !== 'name' || token.text === 'in' || token.text in constants) {
      throw new SyntaxProblem(token.at, `no viable alternative at input '.${token.text}'`);
    }
    return token;
  }

  #list(close: string): readonly Expression[] {
    const items: Expression[] = [];
    while (!this.#is(close)) {
      items.push(this.#expression());
      if (!this.#skip(',')) break;
    }
    this.#need(close);
    return items;
  }

  #primary(): Expression {
    const token = this.#take();
    if (token.kind === 'name') return this.#identifier(token);
    if (token.kind === 'symbol') {
      switch (token.text) {
        case '(': {
          const inner = this.#expression();
          this.#need(')');
          return inner;
        }
        case '[':
          return { kind: 'list', elements: this.#elements(), at: token.at };
        case '{':
          return { kind: 'map', entries: this.#entries(), at: token.at };
        case '.':
          return this.#identifier(this.#name());
      }
    }
    if (token.kind === 'symbol' || token.kind === 'end') {
      throw new SyntaxProblem(
        token.at,
        `mismatched input '${token.text}' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`,
      );
    }
    return literalOf(token, token.at, false);
  }

  #identifier(token: Token): Expression {
    const { text, at } = token;
    if (text in constants) return { kind: 'literal', value: constants[text] ?? null, at };
    if (text === 'in') throw new SyntaxProblem(at, `mismatched input 'in'`);
    const open = this.#skip('(');
    if (open !== undefined) return globalCall(text, this.#list(')'), open.at);
    if (reserved.has(text)) throw new SyntaxProblem(at, `reserved identifier: ${text}`);
    return { kind: 'identifier', name: text, at };
  }

  #elements(): readonly Element[] {
    const elements: Element[] = [];
    while (!this.#is(']')) {
      const optional = this.#skip('?') !== undefined;
      elements.push({ value: this.#expression(), optional });
      if (!this.#skip(',')) break;
    }
    this.#need(']');
    return elements;
  }

  #fields(): Struct['fields'] {
    const fields: Struct['fields'][number][] = [];
    while (!this.#is('}')) {
      const optional = this.#skip('?') !== undefined;
      const name = this.#name().text;
      this.#need(':');
      fields.push({ name, value: this.#expression(), optional });
      if (!this.#skip(',')) break;
    }
    this.#need('}');
    return fields;
  }

  #entries(): readonly Entry[] {
    const entries: Entry[] = [];
    while (!this.#is('}')) {
      const optional = this.#skip('?') !== undefined;
      const key = this.#expression();
      this.#need(':');
      entries.push({ key, value: this.#expression(), optional });
      if (!this.#skip(',')) break;
    }
    this.#need('}');
    return entries;
  }
}

const constants: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

function call(name: string, args: readonly Expression[], at: number): Expression {
  return { kind: 'call', name, target: undefined, args, at };
}

function literalOf(token: Token, at: number, negative: boolean): Expression {
  switch (token.kind) {
    case 'int': {
      const value = negative ? -token.value : token.value;
      if (value > intMost || value < -intMost - 1n) throw new SyntaxProblem(at, 'invalid int literal');
      return { kind: 'literal', value, at };
    }
    case 'uint':
      if (token.value > uintMost) throw new SyntaxProblem(at, 'invalid uint literal');
      return { kind: 'literal', value: { uint: token.value }, at };
    case 'double':
      return { kind: 'literal', value: negative ? -token.value : token.value, at };
    case 'string':
    case 'bytes':
      return { kind: 'literal', value: token.value, at };
    default:
      throw new SyntaxProblem(at, `mismatched input '${token.text}'`);
  }
}

// ---- macros --------------------------------------------------------------------------------------------------------

function globalCall(name: string, args: readonly Expression[], at: number): Expression {
  const [only] = args;
  if (name !== 'has' || only === undefined || args.length !== 1) {
    return { kind: 'call', name, target: undefined, args, at };
  }
  if (only.kind !== 'select' || only.optional) throw new SyntaxProblem(only.at, 'invalid argument to has() macro');
  return { kind: 'has', operand: only.operand, field: only.field, at };
}

/** How many variables and how many further arguments each macro takes. */
const folds: Readonly<
  Record<string, readonly { readonly name: FoldName; readonly variables: 1 | 2; readonly rest: 1 | 2 }[]>
> = {
  all: [
    { name: 'all', variables: 1, rest: 1 },
    { name: 'all', variables: 2, rest: 1 },
  ],
  exists: [
    { name: 'exists', variables: 1, rest: 1 },
    { name: 'exists', variables: 2, rest: 1 },
  ],
  exists_one: [{ name: 'exists_one', variables: 1, rest: 1 }],
  existsOne: [
    { name: 'exists_one', variables: 1, rest: 1 },
    { name: 'exists_one', variables: 2, rest: 1 },
  ],
  filter: [{ name: 'filter', variables: 1, rest: 1 }],
  map: [
    { name: 'map', variables: 1, rest: 1 },
    { name: 'map', variables: 1, rest: 2 },
  ],
  sortBy: [{ name: 'sortBy', variables: 1, rest: 1 }],
  transformList: [
    { name: 'transformList', variables: 2, rest: 1 },
    { name: 'transformList', variables: 2, rest: 2 },
  ],
  transformMap: [
    { name: 'transformMap', variables: 2, rest: 1 },
    { name: 'transformMap', variables: 2, rest: 2 },
  ],
  transformMapEntry: [
    { name: 'transformMapEntry', variables: 2, rest: 1 },
    { name: 'transformMapEntry', variables: 2, rest: 2 },
  ],
};

function memberCall(target: Expression, name: string, args: readonly Expression[], at: number): Expression {
  const fold = (Object.hasOwn(folds, name) ? folds[name] : undefined)?.find(
    ({ variables, rest }) => variables + rest === args.length,
  );
  if (fold !== undefined) {
    const variables = args.slice(0, fold.variables).map(variableName);
    const [first, second] = args.slice(fold.variables);
    if (first === undefined) throw new SyntaxProblem(at, `${name} needs an expression`);
    const condition = second === undefined ? undefined : first;
    return { kind: 'fold', name: fold.name, range: target, variables, condition, body: second ?? first, at };
  }
  const [variable, body] = args;
  if (
    (name === 'optMap' || name === 'optFlatMap') &&
    variable !== undefined &&
    body !== undefined &&
    args.length === 2
  ) {
    const flat = name === 'optFlatMap';
    return { kind: 'option-map', operand: target, variable: variableName(variable), body, flat, at };
  }
  return { kind: 'call', name, target, args, at };
}

function variableName(expression: Expression): string {
  if (expression.kind === 'identifier') return expression.name;
  throw new SyntaxProblem(expression.at, 'argument must be a simple name');
}
