/**
 * What pods' own subresources write: ephemeral containers and the resources of containers (kubernetes
 * pkg/registry/core/pod/strategy.go, podEphemeralContainersStrategy and podResizeStrategy). All else stays as it is.
 */
import type { FieldError } from '../../wire/status.ts';
import { duplicateValue, forbiddenField, notSupported, required } from '../field-errors.ts';
import { ensureRecord, type JsonRecord, recordAt, recordsAt, semanticallyEqual, stringAt } from '../json.ts';
import type { KindPart } from '../kind.ts';
import { qosClass } from './pod-defaults.ts';

const quoted = (name: string): string => JSON.stringify(name);

export const ephemeralContainersPart: KindPart = {
  take: (wanted, previous) => {
    const pod = structuredClone(previous);
    const containers = recordsAt(wanted, 'spec', 'ephemeralContainers');
    const spec = ensureRecord(pod, 'spec');
    if (containers.length === 0) delete spec.ephemeralContainers;
    else spec.ephemeralContainers = containers;
    return pod;
  },
  validate: (pod, previous) => {
    const field = 'spec.ephemeralContainers';
    const after = recordsAt(pod, 'spec', 'ephemeralContainers');
    const errors = after.flatMap((container, index) => ephemeralErrors(pod, after, container, index));
    for (const old of recordsAt(previous, 'spec', 'ephemeralContainers')) {
      const name = stringAt(old, 'name');
      const now = after.find((container) => container.name === name);
      if (now === undefined)
        errors.push(forbiddenField(field, `existing ephemeral containers ${quoted(name)} may not be removed\n`));
      else if (!semanticallyEqual(now, old))
        errors.push(forbiddenField(field, `existing ephemeral containers ${quoted(name)} may not be changed\n`));
    }
    return errors;
  },
};

/** Fields that would let a container for looking around change how the pod lives. */
const notForEphemeral = ['ports', 'livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'];

function ephemeralErrors(
  pod: JsonRecord,
  all: readonly JsonRecord[],
  container: JsonRecord,
  index: number,
): FieldError[] {
  const at = `spec.ephemeralContainers[${index}]`;
  const name = stringAt(container, 'name');
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${at}.name`));
  if (stringAt(container, 'image') === '') errors.push(required(`${at}.image`));
  const others = [
    ...recordsAt(pod, 'spec', 'containers'),
    ...recordsAt(pod, 'spec', 'initContainers'),
    ...all.slice(0, index),
  ];
  if (name !== '' && others.some((other) => other.name === name)) errors.push(duplicateValue(`${at}.name`, name));
  for (const key of notForEphemeral)
    if (container[key] !== undefined)
      errors.push(forbiddenField(`${at}.${key}`, 'cannot be set for an Ephemeral Container'));
  if (Object.keys(recordAt(container, 'resources')).length > 0)
    errors.push(forbiddenField(`${at}.resources`, 'cannot be set for an Ephemeral Container'));
  const target = stringAt(container, 'targetContainerName');
  if (target !== '' && !recordsAt(pod, 'spec', 'containers').some((other) => other.name === target))
    errors.push({
      reason: 'FieldValueNotFound',
      field: `${at}.targetContainerName`,
      message: `Not found: ${quoted(target)}`,
    });
  return errors;
}

export const resizePart: KindPart = {
  take: (wanted, previous) => {
    const pod = structuredClone(previous);
    for (const list of ['containers', 'initContainers'])
      for (const container of recordsAt(pod, 'spec', list)) {
        const asked = recordsAt(wanted, 'spec', list).find((other) => other.name === container.name);
        if (asked?.resources !== undefined) container.resources = asked.resources;
        if (asked?.resizePolicy !== undefined) container.resizePolicy = asked.resizePolicy;
      }
    return pod;
  },
  validate: (pod, previous) => {
    const errors: FieldError[] = [];
    for (const list of ['containers', 'initContainers'])
      for (const [index, container] of recordsAt(pod, 'spec', list).entries()) {
        const before = recordsAt(previous, 'spec', list)[index];
        for (const side of ['requests', 'limits']) {
          const [now, then] = [recordAt(container, 'resources', side), recordAt(before, 'resources', side)];
          const changed = [...new Set([...Object.keys(now), ...Object.keys(then)])].filter(
            (name) => !semanticallyEqual(now[name], then[name]),
          );
          for (const name of changed.filter((each) => each !== 'cpu' && each !== 'memory'))
            errors.push(notSupported(`spec.${list}[${index}].resources.${side}`, name, ['cpu', 'memory']));
        }
      }
    if (qosClass(recordAt(pod, 'spec')) !== qosClass(recordAt(previous, 'spec')))
      errors.push({
        reason: 'FieldValueInvalid',
        field: 'spec',
        message: `Invalid value: ${quoted(qosClass(recordAt(pod, 'spec')))}: Pod QOS Class may not change as a result of resizing`,
      });
    return errors;
  },
};
