/** Types of all parts of an expression and the functions its calls may mean, problems in cel-go's words (checker/checker.go). */
import { functionSpaces, library } from './library/library.ts';
import type { Overload } from './overload.ts';
import {
  type Call,
  type Expression,
  type Fold,
  type Literal,
  type Problem,
  qualifiedName,
  type Struct,
} from './syntax.ts';
import {
  bool,
  bytes,
  double,
  dyn,
  errorType,
  int,
  isAssignable,
  listOf,
  mapOf,
  nothing,
  type ObjectField,
  optionalOf,
  printType,
  string,
  substitute,
  type Type,
  typeType,
  uint,
} from './type.ts';

export interface Checked {
  readonly type: Type;
  readonly types: ReadonlyMap<Expression, Type>;
  /** What a call may be at run time. */
  readonly overloads: ReadonlyMap<Call, readonly Overload[]>;
  /** Variables of the environment that are used. */
  readonly references: ReadonlySet<string>;
  readonly problems: readonly Problem[];
}

/** Names that stand for types, and their names as values. */
export const typeNames: Readonly<Record<string, string>> = {
  bool: 'bool',
  int: 'int',
  uint: 'uint',
  double: 'double',
  string: 'string',
  bytes: 'bytes',
  list: 'list',
  map: 'map',
  null_type: 'null_type',
  optional_type: 'optional_type',
  type: 'type',
  'net.IP': 'net.IP',
  'net.CIDR': 'net.CIDR',
};

type Scope = ReadonlyMap<string, Type>;

/** The types objects may be made of: undefined for a name that is none, no fields where any may be given. */
export type StructTypes = (name: string) => { readonly fields?: ReadonlyMap<string, ObjectField> } | undefined;

const noStructs: StructTypes = () => undefined;

export function check(expression: Expression, variables: Scope, structs = noStructs): Checked {
  const checker = new Checker(variables, structs);
  const type = checker.visit(expression, variables);
  return { type, ...checker };
}

/** `sets.contains(…)` is a function with a dot in its name, unless `sets` is a variable. */
export function functionName({ target, name }: Call, isVariable: (name: string) => boolean): string | undefined {
  if (target?.kind !== 'identifier' || !functionSpaces.has(target.name) || isVariable(target.name)) return undefined;
  const full = `${target.name}.${name}`;
  return library.has(full) ? full : undefined;
}

class Checker {
  readonly types = new Map<Expression, Type>();
  readonly overloads = new Map<Call, readonly Overload[]>();
  readonly references = new Set<string>();
  readonly problems: Problem[] = [];
  readonly #variables: Scope;
  readonly #structs: StructTypes;
  readonly #mixed = new Set<Expression>();

  constructor(variables: Scope, structs: StructTypes) {
    this.#variables = variables;
    this.#structs = structs;
  }

  visit(node: Expression, scope: Scope): Type {
    const type = this.#typeOf(node, scope);
    this.types.set(node, type);
    return type;
  }

  #problem(at: number, message: string): Type {
    this.problems.push({ at, message });
    return errorType;
  }

  #typeOf(node: Expression, scope: Scope): Type {
    switch (node.kind) {
      case 'literal':
        return literalType(node.value);
      case 'identifier':
        return this.#identifier(node.name, node.at, scope);
      case 'select': {
        const name = qualifiedName(node);
        // `net` itself is nothing.
        if (name !== undefined && Object.hasOwn(typeNames, name)) return typeType;
        if (name !== undefined && scope.has(name)) return this.#identifier(name, node.at, scope);
        const operand = this.visit(node.operand, scope);
        const field = this.#field(operand, node.field, node.at);
        const isOptional = (node.optional || operand.kind === 'optional') && field.kind !== 'error';
        return isOptional && field.kind !== 'optional' ? optionalOf(field) : field;
      }
      case 'has':
        this.#field(this.visit(node.operand, scope), node.field, node.at);
        return bool;
      case 'call':
        return this.#call(node, scope);
      case 'list': {
        const joined = new Joined((at, message) => (this.#isMixed(node) ? dyn : this.#problem(at, message)));
        for (const { value, optional } of node.elements) {
          joined.add(this.#unwrapped(this.visit(value, scope), optional, value.at), value.at);
        }
        return listOf(joined.type);
      }
      case 'map': {
        const [keys, values] = [
          new Joined((at, message) => this.#problem(at, message)),
          new Joined((at, message) => this.#problem(at, message)),
        ];
        for (const { key, value, optional } of node.entries) {
          keys.add(this.visit(key, scope), key.at);
          values.add(this.#unwrapped(this.visit(value, scope), optional, value.at), value.at);
        }
        return mapOf(keys.type, values.type);
      }
      case 'struct':
        return this.#struct(node, scope);
      case 'fold':
        return this.#fold(node, scope);
      case 'option-map': {
        const operand = this.visit(node.operand, scope);
        const element = this.#unwrapped(operand, true, node.at);
        const body = this.visit(node.body, new Map([...scope, [node.variable, element]]));
        if (!node.flat) return optionalOf(body);
        if (body.kind === 'optional' || body.kind === 'dyn' || body.kind === 'error') return body;
        return this.#mismatch('_?_:_', [bool, body, optionalOf(dyn)], node.at);
      }
    }
  }

  #struct(node: Struct, scope: Scope): Type {
    const known = this.#structs(node.name);
    const given = node.fields.map(({ name, value, optional }) => ({
      name,
      at: value.at,
      type: this.#unwrapped(this.visit(value, scope), optional, value.at),
    }));
    if (known === undefined) return this.#problem(node.at, `undeclared reference to '${node.name}' (in container '')`);
    const fields = new Map<string, ObjectField>();
    for (const { name, type, at } of given) {
      const wanted = known.fields === undefined ? type : known.fields.get(name)?.type;
      if (wanted === undefined) return this.#problem(at, `undefined field '${name}'`);
      if (!isAssignable(wanted, type, new Map())) {
        const detail = `expected type of field '${name}' is '${printType(wanted)}' but provided type is '${printType(type)}'`;
        return this.#problem(at, detail);
      }
      // An open type is named by where it stands: `Object.spec{…}` for `spec` of an `Object`.
      const element = type.kind === 'list' ? type.element : type;
      const made = element.kind === 'object' ? this.#structs(element.name) : undefined;
      const path = `${node.name}.${name}`;
      if (known.fields === undefined && made !== undefined && made.fields === undefined && printType(element) !== path)
        return this.#problem(at, `unexpected type name "${printType(element)}", expected "${path}"`);
      fields.set(name, { type, property: name });
    }
    return { kind: 'object', name: node.name, fields };
  }

  /** What `format` is given may be of all types; every other list has one. */
  #isMixed(node: Expression): boolean {
    return this.#mixed.has(node);
  }

  #unwrapped(type: Type, isOptional: boolean, at: number): Type {
    if (!isOptional || type.kind === 'dyn' || type.kind === 'error') return type;
    if (type.kind === 'optional') return type.element;
    return this.#problem(at, `expected type 'optional_type(${printType(type)})' but found '${printType(type)}'`);
  }

  #identifier(name: string, at: number, scope: Scope): Type {
    const type = scope.get(name);
    if (type === undefined) {
      return Object.hasOwn(typeNames, name)
        ? typeType
        : this.#problem(at, `undeclared reference to '${name}' (in container '')`);
    }
    if (this.#variables.get(name) === type) this.references.add(name);
    return type;
  }

  #field(operand: Type, field: string, at: number): Type {
    switch (operand.kind) {
      case 'object':
        return operand.fields.get(field)?.type ?? this.#problem(at, `undefined field '${field}'`);
      case 'map':
        return operand.value;
      case 'optional':
        return this.#field(operand.element, field, at);
      case 'dyn':
      case 'error':
        return operand;
      default:
        return this.#problem(at, `type '${printType(operand)}' does not support field selection`);
    }
  }

  #mismatch(name: string, args: readonly Type[], at: number, isMember = false): Type {
    if (args.some((type) => type.kind === 'error')) return errorType;
    const [target, ...rest] = args.map(printType);
    const shown = isMember ? `${target}.(${rest.join(', ')})` : `(${args.map(printType).join(', ')})`;
    return this.#problem(at, `found no matching overload for '${name}' applied to '${shown}'`);
  }

  #call(node: Call, scope: Scope): Type {
    const { at, name } = node;
    const full = functionName(node, (variable) => scope.has(variable));
    const isMember = node.target !== undefined && full === undefined;
    const [list] = node.args;
    if (name === 'format' && isMember && list !== undefined) this.#mixed.add(list);
    const args = node.args.map((argument) => this.visit(argument, scope));
    if (isMember && node.target !== undefined) args.unshift(this.visit(node.target, scope));
    if (name === '_&&_' || name === '_||_') {
      return args.every((type) => isAssignable(bool, type, new Map())) ? bool : this.#mismatch(name, args, at);
    }
    if (name === '_?_:_') return this.#conditional(args, at);
    const known = library.get(full ?? name) ?? [];
    if (known.length === 0) return this.#problem(at, `undeclared reference to '${full ?? name}' (in container '')`);
    const matching: Overload[] = [];
    const results: Type[] = [];
    for (const overload of known) {
      if (overload.member !== isMember || overload.parameters.length !== args.length) continue;
      const bindings = new Map<string, Type>();
      if (!overload.parameters.every((wanted, index) => isAssignable(wanted, args[index] ?? dyn, bindings))) continue;
      matching.push(overload);
      results.push(substitute(overload.result, bindings));
    }
    const [first = dyn] = results;
    if (matching.length === 0) return this.#mismatch(full ?? name, args, at, isMember);
    this.overloads.set(node, matching);
    return results.every((type) => printType(type) === printType(first)) ? first : dyn;
  }

  #conditional(args: readonly Type[], at: number): Type {
    const [condition = dyn, whenTrue = dyn, whenFalse = dyn] = args;
    if (!isAssignable(bool, condition, new Map())) return this.#mismatch('_?_:_', args, at);
    if (isAssignable(whenTrue, whenFalse, new Map()))
      return whenTrue.kind === 'null' ? whenFalse : wider(whenTrue, whenFalse);
    return isAssignable(whenFalse, whenTrue, new Map()) ? whenFalse : this.#mismatch('_?_:_', args, at);
  }

  #fold(node: Fold, scope: Scope): Type {
    const range = this.visit(node.range, scope);
    const [first = '', second] = node.variables;
    const inner = new Map(scope);
    switch (range.kind) {
      case 'list':
        inner.set(first, second === undefined ? range.element : int);
        if (second !== undefined) inner.set(second, range.element);
        break;
      case 'map':
        inner.set(first, range.key);
        if (second !== undefined) inner.set(second, range.value);
        break;
      case 'dyn':
      case 'error':
        for (const name of node.variables) inner.set(name, dyn);
        break;
      default: {
        const shown = printType(range);
        this.#problem(
          node.range.at,
          `expression of type '${shown}' cannot be range of a comprehension (must be list, map, or dynamic)`,
        );
        for (const name of node.variables) inner.set(name, errorType);
      }
    }
    if (node.condition !== undefined) this.#predicate(node.condition, inner, '_?_:_', node.at);
    switch (node.name) {
      case 'all':
        this.#predicate(node.body, inner, '_&&_', node.at);
        return bool;
      case 'exists':
        this.#predicate(node.body, inner, '_||_', node.at);
        return bool;
      case 'exists_one':
        this.#predicate(node.body, inner, '_?_:_', node.at);
        return bool;
      case 'filter':
        this.#predicate(node.body, inner, '_?_:_', node.at);
        return range.kind === 'list' ? listOf(range.element) : listOf(range.kind === 'map' ? range.key : dyn);
      case 'map':
      case 'transformList':
        return listOf(this.visit(node.body, inner));
      case 'sortBy':
        this.visit(node.body, inner);
        return range.kind === 'list' ? listOf(range.element) : listOf(dyn);
      case 'transformMap':
        return mapOf(
          range.kind === 'map' ? range.key : range.kind === 'list' ? int : dyn,
          this.visit(node.body, inner),
        );
      case 'transformMapEntry': {
        const body = this.visit(node.body, inner);
        return body.kind === 'map' ? mapOf(body.key, body.value) : mapOf(dyn, dyn);
      }
    }
  }

  #predicate(node: Expression, scope: Scope, operator: string, at: number): void {
    const type = this.visit(node, scope);
    if (!isAssignable(bool, type, new Map())) this.#mismatch(operator, [bool, type], at);
  }
}

/** Elements of a list or map literal have one type. */
class Joined {
  readonly #problem: (at: number, message: string) => Type;
  #type: Type | undefined;

  constructor(problem: (at: number, message: string) => Type) {
    this.#problem = problem;
  }

  get type(): Type {
    return this.#type ?? dyn;
  }

  add(type: Type, at: number): void {
    const known = this.#type;
    if (known === undefined || isAssignable(type, known, new Map()))
      this.#type = known === undefined ? type : wider(type, known);
    else if (!isAssignable(known, type, new Map())) {
      this.#problem(at, `expected type '${printType(known)}' but found '${printType(type)}'`);
    }
  }
}

/** Of two types that fit each other the one that promises less about sizes. */
function wider(a: Type, b: Type): Type {
  if (a.kind === 'dyn' || b.kind === 'dyn') return a.kind === 'dyn' ? a : b;
  return (a.maxElements ?? Number.POSITIVE_INFINITY) >= (b.maxElements ?? Number.POSITIVE_INFINITY) ? a : b;
}

function literalType(value: Literal): Type {
  switch (typeof value) {
    case 'boolean':
      return bool;
    case 'bigint':
      return int;
    case 'number':
      return double;
    case 'string':
      return string;
    default:
      return value === null ? nothing : value instanceof Uint8Array ? bytes : uint;
  }
}
