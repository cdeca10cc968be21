/** Label selectors (apimachinery pkg/apis/meta/v1/validation, ValidateLabelSelector). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, required } from '../field-errors.ts';
import { arrayAt, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { labelValueProblems, qualifiedNameProblems } from '../names.ts';
import { validateLabels } from '../validate-metadata.ts';

export function validateSelector(selector: JsonRecord, path: string): FieldError[] {
  const errors: FieldError[] = [...validateLabels(recordAt(selector, 'matchLabels'), `${path}.matchLabels`)];
  for (const [index, expression] of recordsAt(selector, 'matchExpressions').entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const operator = stringAt(expression, 'operator');
    const values = arrayAt(expression, 'values').map(String);
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        errors.push(
          forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
    } else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
    const key = stringAt(expression, 'key');
    errors.push(...qualifiedNameProblems(key).map((problem) => invalidValue(`${at}.key`, key, problem)));
    for (const [position, value] of values.entries())
      errors.push(
        ...labelValueProblems(value).map((problem) => invalidValue(`${at}.values[${position}]`, value, problem)),
      );
  }
  return errors;
}
