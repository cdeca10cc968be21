/** Label selector objects as text: `app=web,tier in (a,b)` (apimachinery meta/v1 FormatLabelSelector). */
import { arrayAt, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from './json.ts';

/** Takes a LabelSelector, or the plain map of a Service or ReplicationController. */
export function formatSelector(selector: JsonRecord): string {
  const isPlain = Object.values(selector).every((value) => !isRecord(value) && !Array.isArray(value));
  const labels = isPlain ? selector : recordAt(selector, 'matchLabels');
  const parts = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  for (const expression of recordsAt(selector, 'matchExpressions')) {
    const key = stringAt(expression, 'key');
    const values = arrayAt(expression, 'values').map(String).sort().join(',');
    const operator = stringAt(expression, 'operator');
    if (operator === 'Exists') parts.push(key);
    else if (operator === 'DoesNotExist') parts.push(`!${key}`);
    else parts.push(`${key} ${operator === 'In' ? 'in' : 'notin'} (${values})`);
  }
  return parts.sort().join(',');
}
