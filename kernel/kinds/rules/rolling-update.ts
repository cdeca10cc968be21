/** How a Deployment replaces its pods (kubernetes pkg/apis/apps/validation: ValidateDeploymentStrategy). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue, notSupported } from '../field-errors.ts';
import { isRecord, type JsonRecord, recordAt, stringAt } from '../json.ts';

const notAPercentage =
  "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')";

function percentage(value: unknown): number | undefined {
  const digits = typeof value === 'string' ? /^([0-9]+)%$/.exec(value)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

function validateCountOrPercentage(path: string, value: unknown): FieldError[] {
  if (typeof value === 'string')
    return percentage(value) === undefined ? [invalidValue(path, value, notAPercentage)] : [];
  return typeof value === 'number' && value < 0
    ? [invalidValue(path, value, 'must be greater than or equal to 0')]
    : [];
}

/** Go: what is no percentage counts as 0. */
function isZero(value: unknown): boolean {
  return typeof value === 'string' ? (percentage(value) ?? 0) === 0 : value === 0;
}

function validateRollingUpdate({ maxUnavailable, maxSurge }: JsonRecord, path: string): FieldError[] {
  const field = `${path}.maxUnavailable`;
  const errors = [
    ...validateCountOrPercentage(field, maxUnavailable),
    ...validateCountOrPercentage(`${path}.maxSurge`, maxSurge),
  ];
  if (isZero(maxUnavailable) && isZero(maxSurge))
    errors.push(invalidValue(field, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  if ((percentage(maxUnavailable) ?? 0) > 100)
    errors.push(invalidValue(field, maxUnavailable, 'must not be greater than 100%'));
  return errors;
}

export function validateStrategy(strategy: JsonRecord, path: string): FieldError[] {
  const type = stringAt(strategy, 'type');
  const field = `${path}.rollingUpdate`;
  switch (type) {
    case 'Recreate':
      return isRecord(strategy.rollingUpdate)
        ? [forbiddenField(field, "may not be specified when strategy `type` is 'Recreate'")]
        : [];
    case 'RollingUpdate':
      return validateRollingUpdate(recordAt(strategy, 'rollingUpdate'), field);
    default:
      return [notSupported(`${path}.type`, type, ['Recreate', 'RollingUpdate'])];
  }
}
