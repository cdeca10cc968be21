/** Whether labels meet a LabelSelector (apimachinery pkg/apis/meta/v1/helpers.go). An empty one is met by everything. */
import { arrayAt, type JsonRecord, recordAt, recordsAt, stringAt, valueAt } from './json.ts';

export function matchesSelector(selector: JsonRecord, labels: JsonRecord): boolean {
  const exact = Object.entries(recordAt(selector, 'matchLabels')).every(([key, value]) => labels[key] === value);
  return (
    exact &&
    recordsAt(selector, 'matchExpressions').every((expression) => {
      const value = valueAt(labels, [stringAt(expression, 'key')]);
      const values = arrayAt(expression, 'values');
      switch (stringAt(expression, 'operator')) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        default:
          return value === undefined;
      }
    })
  );
}
