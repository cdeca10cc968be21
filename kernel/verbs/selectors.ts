/** Label and field selectors (apimachinery pkg/labels/selector.go, pkg/fields/selector.go). */
import { type JsonRecord, recordAt, valueAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { type ApiError, badRequest } from '../wire/status.ts';

type Operator = 'in' | 'notin' | 'exists' | 'absent' | 'greater' | 'less';

interface Requirement {
  readonly key: string;
  readonly operator: Operator;
  readonly values: readonly string[];
}

export type Selector = (object: JsonRecord) => boolean;

/** Undefined selects everything. */
export function parseSelectors(kind: Kind, labels: string, fields: string): Selector | undefined {
  const labelSelector = labels === '' ? undefined : compileLabels(parseLabelSelector(labels));
  const fieldSelector = fields === '' ? undefined : compileFields(kind, fields);
  if (labelSelector === undefined) return fieldSelector;
  if (fieldSelector === undefined) return labelSelector;
  return (object) => labelSelector(object) && fieldSelector(object);
}

/** Where the parser of Kubernetes stops, in its words (labels.Parser). */
function unparsable(part: string): ApiError {
  const [, key = '', , operator = '', value = '', rest = ''] =
    /^((!\s*)?[^=!<>\s(),]*)\s*(==|!=|=|<|>|in\b|notin\b)?\s*([^=!<>\s(),]*)\s*(.*)$/.exec(part) ?? [];
  const found = (text: string): string => `found '${/^(==|!=|[=!<>(),]|[^=!<>\s(),]+)/.exec(text)?.[0] ?? ''}'`;
  if (key === '') return badRequest(`${found(part)}, expected: !, identifier, or 'end of string'`);
  if (operator === '')
    return badRequest(`unable to parse requirement: ${found(value || rest)}, expected: in, notin, =, ==, !=, gt, lt`);
  if (operator === 'in' || operator === 'notin')
    return badRequest(`unable to parse requirement: ${found(value || rest)}, expected: '('`);
  return badRequest(`${found(rest)}, expected: ',' or 'end of string'`);
}

const keyPattern = /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const valuePattern = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;

function parseLabelSelector(text: string): readonly Requirement[] {
  return splitOutsideParentheses(text).map((part) => parseRequirement(part.trim()));
}

function splitOutsideParentheses(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')') depth--;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}

function parseRequirement(part: string): Requirement {
  const set = /^(\S+)\s+(in|notin)\s*\(([^()]*)\)$/.exec(part);
  const comparison = /^([^=!<>\s]+)\s*(==|!=|=|<|>)\s*([^=!<>\s]*)$/.exec(part);
  const bare = /^(!?)\s*([^=!<>\s(),]+)$/.exec(part);
  let requirement: Requirement;
  if (set?.[1] !== undefined) {
    const values = (set[3] ?? '').split(',').map((value) => value.trim());
    requirement = { key: set[1], operator: set[2] === 'in' ? 'in' : 'notin', values };
  } else if (comparison?.[1] !== undefined) {
    const operators: Readonly<Record<string, Operator>> = {
      '=': 'in',
      '==': 'in',
      '!=': 'notin',
      '<': 'less',
      '>': 'greater',
    };
    requirement = {
      key: comparison[1],
      operator: operators[comparison[2] ?? '='] ?? 'in',
      values: [comparison[3] ?? ''],
    };
  } else if (bare?.[2] !== undefined) {
    requirement = { key: bare[2], operator: bare[1] === '!' ? 'absent' : 'exists', values: [] };
  } else throw unparsable(part);
  const name = requirement.key.includes('/')
    ? requirement.key.slice(requirement.key.indexOf('/') + 1)
    : requirement.key;
  if (!keyPattern.test(requirement.key) || name.length > 63) {
    throw badRequest(
      `unable to parse requirement: <nil>: Invalid value: ${JSON.stringify(requirement.key)}: ${qualifiedNameMessage}`,
    );
  }
  for (const value of requirement.values) {
    if (!valuePattern.test(value)) {
      throw badRequest(
        `unable to parse requirement: values[0][${requirement.key}]: Invalid value: ${JSON.stringify(value)}: ${labelValueMessage}`,
      );
    }
  }
  return requirement;
}

const qualifiedNameMessage =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const labelValueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

function compileLabels(requirements: readonly Requirement[]): Selector {
  return (object) => {
    const labels = recordAt(object, 'metadata', 'labels');
    return requirements.every((requirement) => meets(requirement, labels[requirement.key]));
  };
}

function meets({ operator, values }: Requirement, value: unknown): boolean {
  const isSet = typeof value === 'string';
  switch (operator) {
    case 'in':
      return isSet && values.includes(value);
    case 'notin':
      return !isSet || !values.includes(value);
    case 'exists':
      return isSet;
    case 'absent':
      return !isSet;
    case 'greater':
      return isSet && Number(value) > Number(values[0]);
    case 'less':
      return isSet && Number(value) < Number(values[0]);
  }
}

interface FieldTerm {
  readonly field: string;
  readonly equal: boolean;
  readonly value: string;
}

function parseFieldSelector(text: string): readonly FieldTerm[] {
  const terms: FieldTerm[] = [];
  for (const part of text.split(/(?<!\\),/)) {
    if (part === '') continue;
    const match = /^((?:[^=!\\]|\\.)+)(!=|==|=)(.*)$/.exec(part);
    if (match?.[1] === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${part}'`);
    const value = (match[3] ?? '').replace(/\\([\\,=])/g, '$1');
    terms.push({ field: match[1], equal: match[2] !== '!=', value });
  }
  return terms;
}

function compileFields(kind: Kind, text: string): Selector {
  const terms = parseFieldSelector(text).map((term) => {
    const paths = fieldPaths(kind, term.field);
    if (paths === undefined) {
      throw badRequest(`field label not supported: ${term.field}`);
    }
    return { ...term, paths };
  });
  return (object) => terms.every((term) => (selectedText(object, term.paths) === term.value) === term.equal);
}

function fieldPaths(kind: Kind, field: string): readonly (readonly string[])[] | undefined {
  if (field === 'metadata.name' || (field === 'metadata.namespace' && kind.namespaced)) return [field.split('.')];
  return kind.selectable.get(field);
}

const booleanFields = new Set(['unschedulable', 'hostNetwork']);

function selectedText(object: JsonRecord, paths: readonly (readonly string[])[]): string {
  for (const path of paths) {
    const value = valueAt(object, path);
    if (value !== undefined && value !== null && value !== '') return String(value);
  }
  return booleanFields.has(paths[0]?.at(-1) ?? '') ? 'false' : '';
}

/** The one name a request is limited to by `metadata.name=x`; authorisation then asks for that name. */
export function selectedName(fields: string): string {
  if (!fields.includes('metadata.name')) return '';
  const term = parseFieldSelector(fields).find(({ field, equal }) => field === 'metadata.name' && equal);
  return term?.value ?? '';
}
