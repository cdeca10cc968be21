/**
 * matchLabelKeys and mismatchLabelKeys of affinity and spread (KEP-3633, KEP-3243): "pods with the same value of this label as
 * me", which for a new pod becomes an expression of its selector, so that whoever places pods reads selectors alone.
 */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue } from '../field-errors.ts';
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt } from '../json.ts';
import { qualifiedNameProblems } from '../names.ts';

const operators = { matchLabelKeys: 'In', mismatchLabelKeys: 'NotIn' } as const;

/** Every term of a pod that may have such keys. */
function termsOf(spec: JsonRecord): readonly JsonRecord[] {
  const affinities = ['podAffinity', 'podAntiAffinity'].map((name) => recordAt(spec, 'affinity', name));
  return [
    ...affinities.flatMap((affinity) => [
      ...recordsAt(affinity, 'preferredDuringSchedulingIgnoredDuringExecution').map((row) =>
        recordAt(row, 'podAffinityTerm'),
      ),
      ...recordsAt(affinity, 'requiredDuringSchedulingIgnoredDuringExecution'),
    ]),
    ...recordsAt(spec, 'topologySpreadConstraints'),
  ];
}

/** Of a new pod (registry/core/pod/strategy.go, applyLabelKeysToLabelSelector). A term without selector matches nothing. */
export function mergeLabelKeys(pod: JsonRecord): void {
  const labels = recordAt(pod, 'metadata', 'labels');
  for (const term of termsOf(recordAt(pod, 'spec'))) {
    const selector = term.labelSelector;
    if (!isRecord(selector)) continue;
    const added = Object.entries(operators).flatMap(([field, operator]) =>
      arrayAt(term, field)
        .map(String)
        .filter((key) => Object.hasOwn(labels, key))
        .map((key) => ({ key, operator, values: [labels[key]] })),
    );
    if (added.length > 0) selector.matchExpressions = [...recordsAt(selector, 'matchExpressions'), ...added];
  }
}

/** `at`: of the term. In a pod the expressions made of its keys are there already. */
export function labelKeyErrors(term: JsonRecord, at: string): FieldError[] {
  const [matching, mismatching] = [arrayAt(term, 'matchLabelKeys'), arrayAt(term, 'mismatchLabelKeys')].map((keys) =>
    keys.map(String),
  ) as [string[], string[]];
  if (matching.length === 0 && mismatching.length === 0) return [];
  const errors: FieldError[] = [];
  for (const [field, keys] of Object.entries({ matchLabelKeys: matching, mismatchLabelKeys: mismatching })) {
    if (keys.length > 0 && !isRecord(term.labelSelector))
      errors.push(forbiddenField(`${at}.${field}`, 'must not be specified when labelSelector is not set'));
    for (const [index, key] of keys.entries())
      errors.push(...qualifiedNameProblems(key).map((why) => invalidValue(`${at}.${field}[${index}]`, key, why)));
  }
  const selector = recordAt(term, 'labelSelector');
  const seen = new Set(Object.keys(recordAt(selector, 'matchLabels')));
  for (const { key } of recordsAt(selector, 'matchExpressions')) {
    const index = matching.indexOf(String(key));
    if (index >= 0 && seen.has(String(key)))
      errors.push(invalidValue(`${at}[${index}]`, String(key), 'exists in both matchLabelKeys and labelSelector'));
    seen.add(String(key));
  }
  for (const [index, key] of matching.entries())
    if (mismatching.includes(key)) {
      const why = 'exists in both matchLabelKeys and mismatchLabelKeys';
      errors.push(invalidValue(`${at}.matchLabelKeys[${index}]`, key, why));
    }
  return errors;
}
