/** Deployments and the other kinds that keep pods running (kubernetes pkg/apis/apps). */
import type { FieldError } from '../../wire/status.ts';
import { forbiddenField, immutable, invalidValue, notSupported, required } from '../field-errors.ts';
import {
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
import { validateSelector } from './selector-validation.ts';

const notNegative = 'must be greater than or equal to 0';
const mismatch = '`selector` does not match template `labels`';

export function defaultTemplate(spec: JsonRecord): void {
  const template = ensureRecord(spec, 'template');
  ensureRecord(template, 'metadata');
  defaultPodSpec(ensureRecord(template, 'spec'));
}

function workloadSelectorErrors(selector: unknown, path: string, what: string): FieldError[] {
  if (!isRecord(selector)) return [required(path)];
  const errors =
    Object.keys(selector).length === 0 ? [invalidValue(path, selector, `empty selector is invalid for ${what}`)] : [];
  return [...errors, ...validateSelector(selector, path)];
}

/** Selector, template and replicas: what deployments, replica sets, stateful sets and daemon sets share. */
function validateWorkload(object: JsonRecord, what: string): FieldError[] {
  const spec = recordAt(object, 'spec');
  const errors: FieldError[] = [];
  for (const key of ['replicas', 'minReadySeconds', 'revisionHistoryLimit']) {
    const value = numberAt(spec, key);
    if (value !== undefined && value < 0) errors.push(invalidValue(`spec.${key}`, value, notNegative));
  }
  errors.push(...workloadSelectorErrors(spec.selector, 'spec.selector', what));
  const labels = recordAt(spec, 'template', 'metadata', 'labels');
  // A selector that is not there selects nothing, an empty one everything.
  if (!isRecord(spec.selector) || !matchesSelector(spec.selector, labels)) {
    const shown = recordAt(spec, 'template', 'metadata').labels ?? null;
    errors.push(invalidValue('spec.template.metadata.labels', shown, mismatch));
  }
  errors.push(...validateTemplate(spec, ['Always']));
  return errors;
}

export function validateTemplate(
  spec: JsonRecord,
  restartPolicies?: readonly string[],
  path = 'spec.template',
): FieldError[] {
  const template = recordAt(spec, 'template');
  return [
    ...validateLabels(recordAt(template, 'metadata', 'labels'), `${path}.metadata.labels`),
    ...validatePodSpec(recordAt(template, 'spec'), `${path}.spec`, restartPolicies),
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
  statusKeeps: ['labels'],
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
  // v1 keeps what it did before garbage collection existed (registry/core/replicationcontroller/strategy.go).
  defaultPropagation: 'Orphan',
  defaults: (object) => {
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'replicas', 1);
    defaultTemplate(spec);
    const labels = recordAt(spec, 'template', 'metadata', 'labels');
    if (Object.keys(labels).length === 0) return;
    if (spec.selector === undefined) spec.selector = { ...labels };
    const metadata = ensureRecord(object, 'metadata');
    if (Object.keys(recordAt(metadata, 'labels')).length === 0) metadata.labels = { ...labels };
  },
  validate: (object) => {
    const spec = recordAt(object, 'spec');
    const selector = recordAt(spec, 'selector');
    const labels = recordAt(spec, 'template', 'metadata', 'labels');
    const errors: FieldError[] = [];
    if (Object.keys(selector).length === 0) errors.push(required('spec.selector'));
    else if (!matchesSelector({ matchLabels: selector }, labels))
      errors.push(invalidValue('spec.template.metadata.labels', labels, mismatch));
    for (const key of ['replicas', 'minReadySeconds']) {
      const value = numberAt(spec, key);
      if (value !== undefined && value < 0) errors.push(invalidValue(`spec.${key}`, value, notNegative));
    }
    return [...errors, ...validateTemplate(spec, ['Always'])];
  },
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
    const strategy = ensureRecord(spec, 'updateStrategy');
    // Who names the type alone gets no more than that (apis/apps/v1/defaults.go).
    if (strategy.type !== 'RollingUpdate' || isRecord(strategy.rollingUpdate))
      defaultRollingUpdate(strategy, { partition: 0 });
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
  validate: (object) => [...validateWorkload(withoutClaimVolumes(object), 'statefulset'), ...statefulErrors(object)],
  validateUpdate: (object, previous) => {
    const fixed = (value: JsonRecord): JsonRecord =>
      Object.fromEntries(Object.entries(recordAt(value, 'spec')).filter(([key]) => !statefulSetMutable.includes(key)));
    if (semanticallyEqual(fixed(object), fixed(previous))) return [];
    const names = statefulSetMutable.map((name) => `'${name}'`);
    const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
    return [forbiddenField('spec', `updates to statefulset spec for fields other than ${list} are forbidden`)];
  },
};

const podManagements = ['OrderedReady', 'Parallel'];
const retentions = ['Delete', 'Retain'];

function updateTypeErrors(strategy: JsonRecord, path: string): FieldError[] {
  const type = stringAt(strategy, 'type');
  const types = ['OnDelete', 'RollingUpdate'];
  if (!types.includes(type)) return [notSupported(`${path}.type`, type, types)];
  return type === 'OnDelete' && strategy.rollingUpdate !== undefined
    ? [invalidValue(`${path}.rollingUpdate`, strategy.rollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
    : [];
}

function statefulErrors(object: JsonRecord): FieldError[] {
  const spec = recordAt(object, 'spec');
  const errors: FieldError[] = [];
  const management = stringAt(spec, 'podManagementPolicy');
  if (!podManagements.includes(management)) {
    const detail = `must be '${podManagements.join("' or '")}'`;
    errors.push(invalidValue('spec.podManagementPolicy', management, detail));
  }
  errors.push(...updateTypeErrors(recordAt(spec, 'updateStrategy'), 'spec.updateStrategy'));
  const numbers: readonly (readonly [string, number | undefined])[] = [
    ['spec.updateStrategy.rollingUpdate.partition', numberAt(spec, 'updateStrategy', 'rollingUpdate', 'partition')],
    ['spec.ordinals.start', numberAt(spec, 'ordinals', 'start')],
  ];
  for (const [field, value] of numbers)
    if (value !== undefined && value < 0) errors.push(invalidValue(field, value, notNegative));
  for (const key of ['whenDeleted', 'whenScaled']) {
    const policy = stringAt(spec, 'persistentVolumeClaimRetentionPolicy', key);
    if (!retentions.includes(policy))
      errors.push(notSupported(`spec.persistentVolumeClaimRetentionPolicy.${key}`, policy, retentions));
  }
  return errors;
}

/** Mounts may name volumes that come from claim templates. */
function withoutClaimVolumes(object: JsonRecord): JsonRecord {
  const claims = recordsAt(object, 'spec', 'volumeClaimTemplates').map((claim) => stringAt(claim, 'metadata', 'name'));
  if (claims.length === 0) return object;
  const copy = structuredClone(object);
  const podSpec = recordAt(copy, 'spec', 'template', 'spec');
  podSpec.volumes = [...recordsAt(podSpec, 'volumes'), ...claims.map((name) => ({ name, emptyDir: {} }))];
  return copy;
}

/** Counts the versions of the template, as clients from before ControllerRevisions read it (pkg/apis/apps/v1/conversion.go). */
const templateGeneration = 'deprecated.daemonset.template.generation';

function templateGenerationOf(object: JsonRecord): number {
  const count = Number(stringAt(object, 'metadata', 'annotations', templateGeneration));
  return Number.isSafeInteger(count) && count > 0 ? count : 0;
}

function setTemplateGeneration(object: JsonRecord, count: number): void {
  ensureRecord(ensureRecord(object, 'metadata'), 'annotations')[templateGeneration] = String(count);
}

export const daemonSetRules: KindRules = {
  generation: true,
  prepareCreate: (object) => setTemplateGeneration(object, Math.max(1, templateGenerationOf(object))),
  prepareUpdate: (object, previous) => {
    const isSame = semanticallyEqual(recordAt(object, 'spec', 'template'), recordAt(previous, 'spec', 'template'));
    setTemplateGeneration(object, templateGenerationOf(previous) + (isSame ? 0 : 1));
  },
  defaults: (object) => {
    setTemplateGeneration(object, templateGenerationOf(object));
    const spec = ensureRecord(object, 'spec');
    setDefault(spec, 'revisionHistoryLimit', 10);
    defaultRollingUpdate(ensureRecord(spec, 'updateStrategy'), { maxUnavailable: 1, maxSurge: 0 });
    defaultTemplate(spec);
  },
  validate: (object) => [
    ...validateWorkload(object, 'daemonset'),
    ...updateTypeErrors(recordAt(object, 'spec', 'updateStrategy'), 'spec.updateStrategy'),
  ],
  validateUpdate: selectorIsImmutable,
};

export const podTemplateRules: KindRules = { generation: true, defaults: (object) => defaultTemplate(object) };
