/** Namespaces, nodes, leases and the other small kinds. */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  deepEqual,
  ensureRecord,
  isRecord,
  numberAt,
  recordAt,
  recordsAt,
  semanticallyEqual,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';
import { labelProblems } from '../names.ts';
import { compareQuantities } from '../quantity.ts';
import { validateLabels } from '../validate-metadata.ts';
import { validateTolerations } from './pod-validation.ts';

const nameLabel = 'kubernetes.io/metadata.name';

export const namespaceRules: KindRules = {
  name: 'label',
  statusWritesMetadata: true,
  defaults: (object) => {
    const metadata = ensureRecord(object, 'metadata');
    const name = stringAt(metadata, 'name');
    if (name !== '') ensureRecord(metadata, 'labels')[nameLabel] = name;
  },
  prepareCreate: (object) => {
    const spec = ensureRecord(object, 'spec');
    if (!arrayAt(spec, 'finalizers').includes('kubernetes'))
      spec.finalizers = [...arrayAt(spec, 'finalizers'), 'kubernetes'];
    object.status = { phase: 'Active' };
  },
  prepareUpdate: (object, previous) => {
    ensureRecord(object, 'spec').finalizers = recordAt(previous, 'spec').finalizers;
  },
  beforeDelete: (object) => {
    ensureRecord(object, 'status').phase = 'Terminating';
  },
  held: (object) => arrayAt(object, 'spec', 'finalizers').length > 0,
};

export const nodeRules: KindRules = {
  keepsStatusOnCreate: true,
  statusWritesMetadata: true,
  defaults: (object) => {
    ensureRecord(object, 'spec');
    const status = ensureRecord(object, 'status');
    if (status.allocatable === undefined && isRecord(status.capacity)) status.allocatable = { ...status.capacity };
  },
};

export const leaseRules: KindRules = {
  createOnUpdate: true,
  conditionalUpdate: true,
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors: FieldError[] = [];
    const duration = numberAt(spec, 'leaseDurationSeconds');
    if (duration !== undefined && duration <= 0)
      errors.push(invalidValue('spec.leaseDurationSeconds', duration, 'must be greater than 0'));
    const transitions = numberAt(spec, 'leaseTransitions');
    if (transitions !== undefined && transitions < 0) {
      errors.push(invalidValue('spec.leaseTransitions', transitions, 'must be greater than or equal to 0'));
    }
    return errors;
  },
};

export const eventRules: KindRules = {
  createOnUpdate: true,
  validate: (object) => {
    const involved = stringAt(object, 'involvedObject', 'namespace');
    const namespace = stringAt(object, 'metadata', 'namespace');
    const fits =
      involved === namespace ||
      (involved === '' && namespace === 'default') ||
      (involved === '' && namespace === 'kube-system');
    return fits ? [] : [invalidValue('involvedObject.namespace', involved, 'does not match event.namespace')];
  },
};

export const podDisruptionBudgetRules: KindRules = {
  generation: true,
  conditionalUpdate: true,
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const both = spec.minAvailable !== undefined && spec.maxUnavailable !== undefined;
    return both ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')] : [];
  },
};

export const priorityClassRules: KindRules = {
  defaults: (object) => {
    setDefault(object, 'preemptionPolicy', 'PreemptLowerPriority');
    if (object.value === undefined) object.value = 0;
  },
  validateUpdate: (object, previous) =>
    object.value === previous.value ? [] : [forbiddenField('value', 'may not be changed in an update.')],
};

export const runtimeClassRules: KindRules = {
  conditionalUpdate: true,
  validate: (object) => {
    const handler = stringAt(object, 'handler');
    const scheduling = recordAt(object, 'scheduling');
    const errors: FieldError[] = labelProblems(handler).map((problem) => invalidValue('handler', handler, problem));
    errors.push(...validateLabels(recordAt(scheduling, 'nodeSelector'), 'scheduling.nodeSelector'));
    validateTolerations(recordsAt(scheduling, 'tolerations'), 'scheduling.tolerations', errors);
    for (const [name, quantity] of Object.entries(recordAt(object, 'overhead', 'podFixed'))) {
      if (compareQuantities(String(quantity), '0') < 0)
        errors.push(invalidValue(`overhead.podFixed[${name}]`, quantity, 'must be greater than or equal to 0'));
    }
    return errors;
  },
  validateUpdate: (object, previous) =>
    object.handler === previous.handler ? [] : [immutable('handler', object.handler)],
};

export const ingressClassRules: KindRules = {
  generation: true,
  validate: (object) => {
    const controller = stringAt(object, 'spec', 'controller');
    if (controller === '') return [required('spec.controller')];
    return /^[^/]+\/.+$/.test(controller)
      ? []
      : [invalidValue('spec.controller', controller, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  },
};

export const controllerRevisionRules: KindRules = {
  validateUpdate: (object, previous) => (deepEqual(object.data, previous.data) ? [] : [immutable('data', object.data)]),
};

export const autoscalerRules: KindRules = {
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    if (spec.minReplicas === undefined) spec.minReplicas = 1;
    if (arrayAt(spec, 'metrics').length === 0) {
      spec.metrics = [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
      ];
    }
  },
  prepareCreate: (object) => {
    object.status = { desiredReplicas: 0, currentMetrics: null };
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const [least, most] = [numberAt(spec, 'minReplicas') ?? 1, numberAt(spec, 'maxReplicas') ?? 0];
    if (most < 1) return [invalidValue('spec.maxReplicas', most, 'must be greater than 0')];
    return most < least
      ? [invalidValue('spec.maxReplicas', most, 'must be greater than or equal to `minReplicas`')]
      : [];
  },
};

export const limitRangeRules: KindRules = {
  validate: (object) => {
    const types = ['Container', 'PersistentVolumeClaim', 'Pod'];
    return arrayAt(object, 'spec', 'limits').flatMap((limit, index) => {
      const type = stringAt(limit, 'type');
      return types.includes(type) || type.includes('/')
        ? []
        : [notSupported(`spec.limits[${index}].type`, type, types)];
    });
  },
};

export const resourceQuotaRules: KindRules = {
  prepareCreate: (object) => {
    object.status = {};
  },
  validateUpdate: (object, previous) => {
    const [after, before] = [recordAt(object, 'spec').scopes, recordAt(previous, 'spec').scopes];
    return semanticallyEqual(after, before) ? [] : [immutable('spec.scopes', after)];
  },
};
