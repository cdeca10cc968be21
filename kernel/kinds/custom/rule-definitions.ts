/** What a definition's CEL rules have to be: well formed, of the right types, and cheap enough. */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../field-errors.ts';
import { type JsonRecord, recordsAt, stringAt } from '../json.ts';
import { parseFieldPath } from './field-path.ts';
import { celRules, celTypes } from './lazy-rules.ts';

/** apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go. */
const expressionCostLimit = 10_000_000;
const definitionCostLimit = 100_000_000;
const mostExpensiveCount = 4;

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** A schema among its parents. */
export interface Place {
  readonly schema: JsonRecord;
  readonly isResourceRoot: boolean;
  /** How often its values can occur in an object; undefined: as often as they fit into a request. */
  readonly cardinality: number | undefined;
}

const ruleAt = (path: string, index: number): string => `${path}.x-kubernetes-validations[${index}]`;
const hasLineBreaks = (text: string): boolean => /[\n\r]/.test(text);

export function ruleWordProblems(schema: JsonRecord, path: string): FieldError[] {
  return recordsAt(schema, 'x-kubernetes-validations').flatMap((rule, index) => {
    const at = ruleAt(path, index);
    const errors: FieldError[] = [];
    const text = (key: string): string => stringAt(rule, key);
    const [trimmed, message] = [text('rule').trim(), text('message').trim()];
    if (trimmed === '') errors.push(required(`${at}.rule`, 'rule is not specified'));
    else if (text('message') !== '' && message === '')
      errors.push(invalidValue(`${at}.message`, rule.message, 'must be non-empty if specified'));
    else if (hasLineBreaks(message))
      errors.push(invalidValue(`${at}.message`, rule.message, 'must not contain line breaks'));
    else if (hasLineBreaks(trimmed) && message === '')
      errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'));
    if (text('messageExpression') !== '' && text('messageExpression').trim() === '')
      errors.push(required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified'));
    if (rule.reason !== undefined && !reasons.includes(text('reason')))
      errors.push(notSupported(`${at}.reason`, rule.reason, reasons));
    const fieldPath = text('fieldPath');
    if (fieldPath === '') return errors;
    const refuse = (detail: string): number => errors.push(invalidValue(`${at}.fieldPath`, fieldPath, detail));
    if (fieldPath.trim() === '') refuse('must be non-empty if specified');
    if (hasLineBreaks(fieldPath)) refuse('must not contain line breaks');
    if (typeof parseFieldPath(fieldPath, schema) === 'string') refuse('must be a valid path');
    return errors;
  });
}

/** `uncorrelatable`: path of the list within which `oldSelf` has no meaning. */
export function ruleProblems(place: Place, path: string, costs: RuleCosts, uncorrelatable: string): FieldError[] {
  const { celTypeOf, mostRequestBytes } = celTypes();
  const self = celTypeOf(place.schema, place.isResourceRoot);
  if (self === undefined) {
    const detail = 'internal error: failed to retrieve type information for x-kubernetes-validations';
    return [
      { reason: 'FieldValueInvalid', field: `${path}.x-kubernetes-validations`, message: `Internal error: ${detail}` },
    ];
  }
  const times = place.cardinality ?? Math.floor(mostRequestBytes / ((self.minJsonBytes ?? 1) + 1));
  const errors: FieldError[] = [];
  for (const rule of celRules().compileRules(place.schema, self)) {
    const at = ruleAt(path, rule.index);
    const check = (where: string, name: string, cost: number): void => {
      if (cost > expressionCostLimit) errors.push(forbiddenField(where, exceeds(name, cost, expressionCostLimit)));
      costs.add(where, cost);
    };
    if (rule.program !== undefined) check(`${at}.rule`, 'estimated rule cost', rule.program.estimate() * times);
    if (rule.problem !== undefined) errors.push(invalidValue(`${at}.rule`, asShown(rule.source), rule.problem));
    if (rule.messageProblem !== undefined)
      errors.push(invalidValue(`${at}.messageExpression`, asShown(rule.source), rule.messageProblem));
    if (rule.message !== undefined)
      check(`${at}.messageExpression`, 'estimated messageExpression cost', rule.message.estimate());
    if (rule.usesOldSelf && uncorrelatable !== '') {
      const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelatable}`;
      errors.push(invalidValue(`${at}.rule`, rule.source.rule, detail));
    }
    if (!rule.usesOldSelf && rule.program !== undefined && rule.source.optionalOldSelf !== undefined) {
      const detail = 'may not be set if oldSelf is not used in rule';
      errors.push(invalidValue(`${at}.optionalOldSelf`, rule.source.optionalOldSelf, detail));
    }
  }
  return errors;
}

/** Upstream's messages show its internal type. */
function asShown(rule: JsonRecord): JsonRecord {
  const { reason = null, optionalOldSelf = null } = rule;
  return {
    Rule: stringAt(rule, 'rule'),
    Message: stringAt(rule, 'message'),
    MessageExpression: stringAt(rule, 'messageExpression'),
    Reason: reason,
    FieldPath: stringAt(rule, 'fieldPath'),
    OptionalOldSelf: optionalOldSelf,
  };
}

function exceeds(name: string, cost: number, limit: number): string {
  const by = cost / limit;
  const factor = by > 100 ? 'more than 100x' : by < 1.5 ? `${by.toFixed(6)}x` : `${by.toFixed(1)}x`;
  return `${name} exceeds budget by factor of ${factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
}

/** What all rules of a schema can cost together. */
export class RuleCosts {
  #total = 0;
  readonly #expensive: { readonly at: string; readonly cost: number }[] = [];

  add(at: string, cost: number): void {
    this.#total += cost;
    this.#expensive.push({ at, cost });
    this.#expensive.sort((a, b) => b.cost - a.cost);
    this.#expensive.length = Math.min(this.#expensive.length, mostExpensiveCount);
  }

  problems(path: string): readonly FieldError[] {
    if (this.#total <= definitionCostLimit) return [];
    const part = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema';
    const whole = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema';
    return [
      ...this.#expensive.map(({ at }) => forbiddenField(at, part)),
      forbiddenField(path, exceeds(whole, this.#total, definitionCostLimit)),
    ];
  }
}
