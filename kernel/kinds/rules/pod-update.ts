/** What of a pod may change after it was created (pkg/apis/core/validation/validation.go, ValidatePodUpdate). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, invalidValue } from '../field-errors.ts';
import { type JsonRecord, numberAt, recordAt, recordsAt, semanticallyEqual, semanticText } from '../json.ts';

/** A pod's spec is fixed once created, but for a few fields (ValidatePodUpdate). */
export function validatePodUpdate(pod: JsonRecord, previous: JsonRecord): FieldError[] {
  const comparable = (object: JsonRecord): JsonRecord => {
    const spec = structuredClone(recordAt(object, 'spec'));
    for (const list of ['containers', 'initContainers'])
      for (const container of recordsAt(spec, list)) delete container.image;
    for (const key of ['activeDeadlineSeconds', 'tolerations', 'schedulingGates']) delete spec[key];
    return spec;
  };
  const errors: FieldError[] = [];
  const [after, before] = [comparable(pod), comparable(previous)];
  if (!semanticallyEqual(after, before)) {
    const changed = [...new Set([...Object.keys(after), ...Object.keys(before)])].filter(
      (key) => !semanticallyEqual(after[key], before[key]),
    );
    errors.push(
      forbiddenField(
        'spec',
        'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)' +
          `\n@@ ${changed.map((key) => `spec.${key}`).join(', ')} @@`,
      ),
    );
  }
  errors.push(...deadlineErrors(pod, previous));
  const kept = new Set(recordsAt(pod, 'spec', 'tolerations').map(semanticText));
  if (recordsAt(previous, 'spec', 'tolerations').some((old) => !kept.has(semanticText(old)))) {
    errors.push(
      forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
    );
  }
  return errors;
}

/** A running pod's deadline may come closer, not go. */
function deadlineErrors(pod: JsonRecord, previous: JsonRecord): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  const [after, before] = [
    numberAt(pod, 'spec', 'activeDeadlineSeconds'),
    numberAt(previous, 'spec', 'activeDeadlineSeconds'),
  ];
  if (before === undefined) return [];
  if (after === undefined) return [invalidValue(field, null, 'must not update from a positive integer to nil value')];
  if (after <= before) return [];
  return [invalidValue(field, after, 'must be less than or equal to previous value')];
}
