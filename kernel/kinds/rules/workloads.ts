/** Deployments and the other kinds with a pod template (kubernetes pkg/apis/{apps,batch}). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import {
  arrayAt,
  ensureRecord,
  isRecord,
  type JsonRecord,
  numberAt,
  recordAt,
  recordsAt,
  semanticallyEqual,
  setDefault,
  stringAt,
} from '../json.ts';
import type { KindRules } from '../kind.ts';
import { matchesSelector } from '../label-selector.ts';
import { validateLabels } from '../validate-metadata.ts';
import { defaultPodSpec } from './pod-defaults.ts';
import { validatePodSpec } from './pod-validation.ts';
import { validateStrategy } from './rolling-update.ts';

const notNegative = 'must be greater than or equal to 0';
const mismatch = '`selector` does not match template `labels`';

function defaultTemplate(spec: JsonRecord): void {
  const template = ensureRecord(spec, 'template');
  ensureRecord(template, 'metadata');
  defaultPodSpec(ensureRecord(template, 'spec'));
}

function validateSelector(selector: unknown, path: string, what: string): FieldError[] {
  if (!isRecord(selector)) return [required(path)];
  const errors =
    Object.keys(selector).length === 0 ? [invalidValue(path, selector, `empty selector is invalid for ${what}`)] : [];
  errors.push(...validateLabels(recordAt(selector, 'matchLabels'), `${path}.matchLabels`));
  for (const [index, expression] of recordsAt(selector, 'matchExpressions').entries()) {
    const at = `${path}.matchExpressions[${index}]`;
    const operator = stringAt(expression, 'operator');
    const count = arrayAt(expression, 'values').length;
    if (operator === 'In' || operator === 'NotIn') {
      if (count === 0) errors.push(required(`${at}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (count > 0)
        errors.push(
          forbiddenField(`${at}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
    } else errors.push(invalidValue(`${at}.operator`, operator, 'not a valid selector operator'));
  }
  return errors;
}

/** Selector, template and replicas: what deployments, replica sets, stateful sets and daemon sets share. */
function validateWorkload(object: JsonRecord, what: string): FieldError[] {
  const spec = recordAt(object, 'spec');
  const errors: FieldError[] = [];
  for (const key of ['replicas', 'minReadySeconds', 'revisionHistoryLimit']) {
    const value = numberAt(spec, key);
    if (value !== undefined && value < 0) errors.push(invalidValue(`spec.${key}`, value, notNegative));
  }
  errors.push(...validateSelector(spec.selector, 'spec.selector', what));
  const labels = recordAt(spec, 'template', 'metadata', 'labels');
  // A selector that is not there selects nothing, an empty one everything.
  if (!isRecord(spec.selector) || !matchesSelector(spec.selector, labels)) {
    errors.push(invalidValue('spec.template.metadata.labels', labels, mismatch));
  }
  errors.push(...validateTemplate(spec, ['Always']));
  return errors;
}

function validateTemplate(spec: JsonRecord, restartPolicies?: readonly string[]): FieldError[] {
  const template = recordAt(spec, 'template');
  return [
    ...validateLabels(recordAt(template, 'metadata', 'labels'), 'spec.template.metadata.labels'),
    ...validatePodSpec(recordAt(template, 'spec'), 'spec.template.spec', restartPolicies),
  ];
}

function selectorIsImmutable(object: JsonRecord, previous: JsonRecord): FieldError[] {
  const [after, before] = [recordAt(object, 'spec').selector, recordAt(previous, 'spec').selector];
  return semanticallyEqual(after, before) ? [] : [immutable('spec.selector', after)];
}

function defaultRollingUpdate(strategy: JsonRecord, defaults: JsonRecord): void {
  setDefault(strategy, 'type', 'RollingUpdate');
  if (strategy.type !== 'RollingUpdate') return;
  const rolling = ensureRecord(strategy, 'rollingUpdate');
  for (const [key, value] of Object.entries(defaults)) if (rolling[key] === undefined) rolling[key] = value;
}

export const deploymentRules: KindRules = {
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'replicas', 1);
    setDefault(spec, 'revisionHistoryLimit', 10);
    setDefault(spec, 'progressDeadlineSeconds', 600);
    defaultRollingUpdate(ensureRecord(spec, 'strategy'), { maxUnavailable: '25%', maxSurge: '25%' });
    defaultTemplate(spec);
  },
  validate: validateDeployment,
  validateUpdate: selectorIsImmutable,
};

function validateDeployment(object: JsonRecord): FieldError[] {
  const spec = recordAt(object, 'spec');
  const errors = [
    ...validateWorkload(object, 'deployment'),
    ...validateStrategy(recordAt(spec, 'strategy'), 'spec.strategy'),
  ];
  const deadline = numberAt(spec, 'progressDeadlineSeconds');
  if (deadline !== undefined && deadline <= (numberAt(spec, 'minReadySeconds') ?? 0)) {
    errors.push(invalidValue('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'));
  }
  return errors;
}

export const replicaSetRules: KindRules = {
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'replicas', 1);
    defaultTemplate(spec);
  },
  validate: (object) => validateWorkload(object, 'deployment'),
  validateUpdate: selectorIsImmutable,
};

/** The old ReplicationController: a plain map as selector. */
export const replicationControllerRules: KindRules = {
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'replicas', 1);
    defaultTemplate(spec);
    const labels = recordAt(spec, 'template', 'metadata', 'labels');
    if (spec.selector === undefined && Object.keys(labels).length > 0) spec.selector = { ...labels };
  },
  validate: (object) => validateTemplate(recordAt(object, 'spec'), ['Always']),
};

const statefulSetMutable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export const statefulSetRules: KindRules = {
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'replicas', 1);
    setDefault(spec, 'revisionHistoryLimit', 10);
    setDefault(spec, 'podManagementPolicy', 'OrderedReady');
    defaultRollingUpdate(ensureRecord(spec, 'updateStrategy'), { partition: 0 });
    const retention = ensureRecord(spec, 'persistentVolumeClaimRetentionPolicy');
    setDefault(retention, 'whenDeleted', 'Retain');
    setDefault(retention, 'whenScaled', 'Retain');
    for (const claim of recordsAt(spec, 'volumeClaimTemplates')) {
      setDefault(claim, 'apiVersion', 'v1');
      setDefault(claim, 'kind', 'PersistentVolumeClaim');
      setDefault(ensureRecord(claim, 'spec'), 'volumeMode', 'Filesystem');
      setDefault(ensureRecord(claim, 'status'), 'phase', 'Pending');
    }
    defaultTemplate(spec);
  },
  validate: (object) => validateWorkload(withoutClaimVolumes(object), 'statefulset'),
  validateUpdate: (object, previous) => {
    const fixed = (value: JsonRecord): JsonRecord =>
      Object.fromEntries(Object.entries(recordAt(value, 'spec')).filter(([key]) => !statefulSetMutable.includes(key)));
    if (semanticallyEqual(fixed(object), fixed(previous))) return [];
    const names = statefulSetMutable.map((name) => `'${name}'`);
    const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
    return [forbiddenField('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
  },
};

/** Mounts may name volumes that come from claim templates. */
function withoutClaimVolumes(object: JsonRecord): JsonRecord {
  const claims = recordsAt(object, 'spec', 'volumeClaimTemplates').map((claim) => stringAt(claim, 'metadata', 'name'));
  if (claims.length === 0) return object;
  const copy = structuredClone(object);
  const podSpec = recordAt(copy, 'spec', 'template', 'spec');
  podSpec.volumes = [...recordsAt(podSpec, 'volumes'), ...claims.map((name) => ({ name, emptyDir: {} }))];
  return copy;
}

export const daemonSetRules: KindRules = {
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'revisionHistoryLimit', 10);
    defaultRollingUpdate(ensureRecord(spec, 'updateStrategy'), { maxUnavailable: 1, maxSurge: 0 });
    defaultTemplate(spec);
  },
  validate: (object) => validateWorkload(object, 'daemonset'),
  validateUpdate: selectorIsImmutable,
};

function defaultJobSpec(spec: JsonRecord): void {
  if (spec.completions === undefined && spec.parallelism === undefined) {
    spec.completions = 1;
    spec.parallelism = 1;
  }
  setDefault(spec, 'parallelism', 1);
  if (spec.backoffLimit === undefined) spec.backoffLimit = spec.backoffLimitPerIndex === undefined ? 6 : 2147483647;
  setDefault(spec, 'completionMode', 'NonIndexed');
  if (spec.suspend === undefined) spec.suspend = false;
  setDefault(spec, 'podReplacementPolicy', spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed');
  defaultTemplate(spec);
}

/** Pods of jobs come to an end. A policy that does not exist has been reported already. */
function endingRestartPolicy(podSpec: JsonRecord, path: string): FieldError[] {
  return podSpec.restartPolicy === 'Always'
    ? [required(`${path}.restartPolicy`, 'valid values: "OnFailure", "Never"')]
    : [];
}

export const jobRules: KindRules = {
  generation: true,
  // batch/v1 keeps what it did before garbage collection existed (registry/batch/job/strategy.go).
  defaultPropagation: 'Orphan',
  defaults: (object) => defaultJobSpec(ensureRecord(object, 'spec')),
  prepareCreate: (object) => {
    const spec = ensureRecord(object, 'spec');
    if (spec.manualSelector === true) return;
    const uid = stringAt(object, 'metadata', 'uid');
    const name = stringAt(object, 'metadata', 'name');
    const labels = ensureRecord(ensureRecord(ensureRecord(spec, 'template'), 'metadata'), 'labels');
    for (const [key, value] of [
      ['controller-uid', uid],
      ['job-name', name],
    ] as const) {
      labels[`batch.kubernetes.io/${key}`] = value;
      labels[key] = value;
    }
    ensureRecord(ensureRecord(spec, 'selector'), 'matchLabels')['batch.kubernetes.io/controller-uid'] = uid;
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors = validateTemplate(spec);
    errors.push(...endingRestartPolicy(recordAt(spec, 'template', 'spec'), 'spec.template.spec'));
    for (const key of [
      'completions',
      'parallelism',
      'backoffLimit',
      'activeDeadlineSeconds',
      'ttlSecondsAfterFinished',
    ]) {
      const value = numberAt(spec, key);
      if (value !== undefined && value < 0) errors.push(invalidValue(`spec.${key}`, value, notNegative));
    }
    return errors;
  },
  validateUpdate: (object, previous) => {
    const [after, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
    return ['completions', 'selector', 'template', 'completionMode', 'podFailurePolicy', 'backoffLimitPerIndex']
      .filter((key) => !semanticallyEqual(after[key], before[key]))
      .map((key) => immutable(`spec.${key}`, after[key]));
  },
};

export const cronJobRules: KindRules = {
  generation: true,
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'concurrencyPolicy', 'Allow');
    if (spec.suspend === undefined) spec.suspend = false;
    setDefault(spec, 'successfulJobsHistoryLimit', 3);
    setDefault(spec, 'failedJobsHistoryLimit', 1);
    defaultJobTemplatePods(spec);
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const errors: FieldError[] = [];
    const schedule = stringAt(spec, 'schedule');
    if (schedule === '') errors.push(required('spec.schedule'));
    else if (!schedule.startsWith('@') && schedule.trim().split(/\s+/).length !== 5) {
      errors.push(
        invalidValue(
          'spec.schedule',
          schedule,
          `expected exactly 5 fields, found ${schedule.trim().split(/\s+/).length}: [${schedule}]`,
        ),
      );
    }
    const policies = ['Allow', 'Forbid', 'Replace'];
    const policy = stringAt(spec, 'concurrencyPolicy');
    if (!policies.includes(policy)) errors.push(notSupported('spec.concurrencyPolicy', policy, policies));
    const template = recordAt(spec, 'jobTemplate', 'spec', 'template', 'spec');
    const field = 'spec.jobTemplate.spec.template.spec';
    errors.push(...validatePodSpec(template, field), ...endingRestartPolicy(template, field));
    return errors;
  },
};

function defaultJobTemplatePods(spec: JsonRecord): void {
  const jobSpec = ensureRecord(ensureRecord(spec, 'jobTemplate'), 'spec');
  defaultTemplate(jobSpec);
}

export const podTemplateRules: KindRules = { generation: true, defaults: (object) => defaultTemplate(object) };
