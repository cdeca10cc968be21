/**
 * The rules of a custom resource (x-kubernetes-validations): compiled once with its schema, run on every write within a
 * budget, so that no rule can hold up the kernel (apiextensions-apiserver schema/cel/{compilation,validation}.go).
 */
import type { FieldError } from '../../wire/status.ts';
import {
  CelError,
  CostExceeded,
  compile,
  fromJson,
  Optional,
  type Program,
  type Type,
  types,
  type Value,
} from '../cel/index.ts';
import { duplicateValue, forbiddenField, quote, required } from '../field-errors.ts';
import { isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { celTypeOf, escapeProperty } from './cel-type.ts';
import { Correlation } from './correlation.ts';
import { parseFieldPath } from './field-path.ts';
import { hasRules } from './lazy-rules.ts';

/** apiserver pkg/apis/cel/config.go. */
const callBudget = 1_000_000;
const objectBudget = 10_000_000;
const longestMessage = 5 * 1024;

export interface CompiledRule {
  readonly source: JsonRecord;
  readonly index: number;
  readonly program: Program | undefined;
  readonly problem: string | undefined;
  readonly usesOldSelf: boolean;
  readonly optionalOldSelf: boolean;
  readonly message: Program | undefined;
  readonly messageProblem: string | undefined;
  /** Relative path of the error, where the rule names one. */
  readonly fieldPath: string;
}

export function compileRules(schema: JsonRecord, self: Type): readonly CompiledRule[] {
  return recordsAt(schema, 'x-kubernetes-validations').map((source, index) => compileRule(schema, source, index, self));
}

function compileRule(schema: JsonRecord, source: JsonRecord, index: number, self: Type): CompiledRule {
  const optionalOldSelf = source.optionalOldSelf === true;
  const variables = new Map([
    ['self', self],
    ['oldSelf', optionalOldSelf ? types.optionalOf(self) : self],
  ]);
  const build = (text: string, wanted: 'bool' | 'string', what: string): { program?: Program; problem?: string } => {
    const compiled = compile(text, variables);
    if ('issues' in compiled) return { problem: `${what}compilation failed: ${compiled.issues}` };
    if (compiled.program.type.kind === wanted) return compiled;
    const article = what === '' ? 'cel expression' : 'messageExpression';
    return { problem: `${article} must evaluate to a ${wanted}` };
  };
  const text = stringAt(source, 'rule');
  const { program, problem } = text.trim() === '' ? {} : build(text, 'bool', '');
  const messageText = stringAt(source, 'messageExpression');
  const message = program === undefined || messageText === '' ? {} : build(messageText, 'string', 'messageExpression ');
  const path = stringAt(source, 'fieldPath') === '' ? '' : parseFieldPath(stringAt(source, 'fieldPath'), schema);
  return {
    source,
    index,
    program,
    problem,
    usesOldSelf: program?.references.has('oldSelf') === true,
    optionalOldSelf,
    message: message.program,
    messageProblem: message.problem,
    fieldPath: typeof path === 'string' ? '' : path.text,
  };
}

/** The part of a schema that has rules in or below it. */
export interface RuleNode {
  readonly type: Type;
  readonly schemaType: string;
  readonly rules: readonly CompiledRule[];
  readonly properties: ReadonlyMap<string, RuleNode>;
  readonly values: RuleNode | undefined;
  readonly items: RuleNode | undefined;
  readonly allOf: readonly RuleNode[];
}

export function compileRuleTree(schema: JsonRecord, isResourceRoot: boolean): RuleNode | undefined {
  return hasRules(schema) ? nodeOf(schema, schema, celTypeOf(schema, isResourceRoot)) : undefined;
}

/** `rules` is the schema the rules stand in: `schema` itself, or a part of its allOf. */
function nodeOf(rules: JsonRecord, schema: JsonRecord, type: Type | undefined): RuleNode | undefined {
  if (type === undefined) return undefined;
  const properties = new Map<string, RuleNode>();
  for (const [name, part] of Object.entries(recordAt(rules, 'properties'))) {
    const own = recordAt(schema, 'properties')[name];
    if (!isRecord(part) || !isRecord(own) || !hasRules(part)) continue;
    const escaped = escapeProperty(name);
    const known = type.kind === 'object' && escaped !== undefined ? type.fields.get(escaped)?.type : undefined;
    const node = nodeOf(part, own, known ?? celTypeOf(own, own['x-kubernetes-embedded-resource'] === true));
    if (node !== undefined) properties.set(name, node);
  }
  const below = (key: 'items' | 'additionalProperties', element: Type | undefined): RuleNode | undefined => {
    const [part, own] = [rules[key], schema[key]];
    return isRecord(part) && isRecord(own) && hasRules(part) ? nodeOf(part, own, element) : undefined;
  };
  return {
    type,
    schemaType: stringAt(schema, 'type'),
    rules: compileRules({ ...schema, 'x-kubernetes-validations': rules['x-kubernetes-validations'] }, type),
    properties,
    values: below('additionalProperties', type.kind === 'map' ? type.value : undefined),
    items: below('items', type.kind === 'list' ? type.element : undefined),
    allOf: recordsAt(rules, 'allOf')
      .filter(hasRules)
      .flatMap((part) => nodeOf(part, schema, type) ?? []),
  };
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';

/** Stops the rules of an object: the budget is spent. */
class BudgetSpent extends Error {}

export interface RuleResult {
  readonly errors: readonly FieldError[];
  /** Errors of values that were there before and have not changed. */
  readonly warnings: readonly FieldError[];
}

/** `previous` undefined: there was nothing before. */
export function runRules(tree: RuleNode, value: unknown, previous: unknown, path: string): RuleResult {
  const run = new RuleRun();
  try {
    run.visit(tree, value, previous === undefined ? Correlation.none : Correlation.root(value, previous), path);
  } catch (error) {
    if (!(error instanceof BudgetSpent)) throw error;
  }
  return run;
}

class RuleRun {
  readonly errors: FieldError[] = [];
  readonly warnings: FieldError[] = [];
  #budget = objectBudget;

  visit(node: RuleNode, value: unknown, old: Correlation, path: string): void {
    if (value === null || value === undefined) return;
    this.#runAll(node, value, old, path);
    // Upstream does not ratchet what stands in allOf.
    for (const part of node.allOf) this.visit(part, value, old.withoutRatcheting(), path);
    if (Array.isArray(value)) {
      if (node.items === undefined) return;
      const correlate = old.list(node.type.kind === 'list' ? node.type.identity : undefined);
      for (const [index, item] of value.entries()) this.visit(node.items, item, correlate(item), `${path}[${index}]`);
      return;
    }
    if (!isRecord(value)) return;
    for (const [key, item] of Object.entries(value)) {
      const property = node.properties.get(key);
      if (node.values !== undefined) this.visit(node.values, item, old.key(key, item), `${path}[${key}]`);
      else if (property !== undefined)
        this.visit(property, item, old.key(key, item), path === '' ? key : `${path}.${key}`);
    }
  }

  #runAll(node: RuleNode, value: unknown, old: Correlation, path: string): void {
    if (node.rules.length === 0) return;
    const self = safely(() => fromJson(node.type, value));
    const hasOld = old.value !== undefined && old.value !== null;
    const oldSelf = hasOld ? safely(() => fromJson(node.type, old.value)) : undefined;
    for (const rule of node.rules) {
      if (rule.program === undefined) {
        if (rule.problem !== undefined)
          this.errors.push(invalidRule(node, path, `rule compile error: ${rule.problem}`));
        continue;
      }
      if (rule.usesOldSelf && !hasOld && !rule.optionalOldSelf) continue;
      const before = rule.optionalOldSelf ? (oldSelf === undefined ? Optional.none : new Optional(oldSelf)) : oldSelf;
      this.#run(node, rule, { self, oldSelf: before }, value, old, path);
    }
  }

  #run(node: RuleNode, rule: CompiledRule, values: Values, value: unknown, old: Correlation, path: string): void {
    if (this.#budget <= 0) this.#stop(invalidRule(node, path, outOfBudget));
    const run = rule.program?.run(values, Math.min(callBudget, this.#budget));
    if (run === undefined || run.value === true) {
      this.#budget -= run?.cost ?? 0;
      return;
    }
    const shown = (stringAt(rule.source, 'message') || stringAt(rule.source, 'rule')).trim();
    const { failure, cost } = run;
    if (failure instanceof CostExceeded && cost > this.#budget) this.#stop(invalidRule(node, path, outOfBudget));
    this.#budget -= cost;
    if (failure instanceof CostExceeded) {
      const detail = `'${failure.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${shown}`;
      this.#stop(invalidRule(node, path, detail));
    }
    if (failure !== undefined) {
      const detail = failure.message.startsWith('no such overload')
        ? `'${failure.message}': call arguments did not match a supported operator, function or macro signature for rule: ${shown}`
        : `${failure.message} evaluating rule: ${shown}`;
      this.errors.push(invalidRule(node, path, detail));
      return;
    }
    const detail = this.#message(rule, values) ?? (stringAt(rule.source, 'message').trim() || `failed rule: ${shown}`);
    const at = rule.fieldPath === '' ? path : path === '' ? rule.fieldPath : `${path}.${rule.fieldPath}`;
    const error = errorFor(stringAt(rule.source, 'reason'), node, at, value, detail);
    (!rule.usesOldSelf && old.isUnchanged ? this.warnings : this.errors).push(error);
  }

  /** Undefined when the expression gives none: then the fixed message stands. */
  #message(rule: CompiledRule, values: Values): string | undefined {
    if (rule.message === undefined) return undefined;
    const { value, cost } = rule.message.run(values, Math.min(callBudget, Math.max(0, this.#budget)));
    this.#budget -= cost;
    const text = typeof value === 'string' ? value.trim() : '';
    return text === '' || text.includes('\n') || Buffer.byteLength(text) > longestMessage ? undefined : text;
  }

  #stop(error: FieldError): never {
    this.errors.push(error);
    throw new BudgetSpent();
  }
}

type Values = { readonly self: Value | undefined; readonly oldSelf: Value | undefined };

/** A value that is not what its schema says has its error already. */
function safely(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof CelError) return undefined;
    throw error;
  }
}

const fieldOf = (path: string): string => path || '<nil>';

function invalidRule({ schemaType }: RuleNode, path: string, detail: string): FieldError {
  return {
    reason: 'FieldValueInvalid',
    field: fieldOf(path),
    message: `Invalid value: ${quote(schemaType)}: ${detail}`,
  };
}

/** The value is shown where it is a scalar. */
function errorFor(reason: string, node: RuleNode, path: string, value: unknown, detail: string): FieldError {
  const field = fieldOf(path);
  const isScalar = node.schemaType !== 'object' && node.schemaType !== 'array';
  switch (reason) {
    case 'FieldValueForbidden':
      return forbiddenField(field, detail);
    case 'FieldValueRequired':
      return required(field, detail);
    case 'FieldValueDuplicate':
      return isScalar ? duplicateValue(field, value) : { reason, field, message: 'Duplicate value' };
    default: {
      const message = isScalar ? `Invalid value: ${quote(value)}: ${detail}` : `Invalid value: ${detail}`;
      return { reason: 'FieldValueInvalid', field, message };
    }
  }
}
