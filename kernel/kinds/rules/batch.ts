/** Jobs and CronJobs (kubernetes pkg/apis/batch). */
import type { FieldError } from '../../wire/status.ts';
import { immutable, invalidValue, notSupported, required } from '../field-errors.ts';
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
import { scheduleProblem, timeZoneProblem } from './cron-schedule.ts';
import { validateSelector } from './selector-validation.ts';
import { defaultTemplate, validateTemplate } from './workloads.ts';

const notNegative = 'must be greater than or equal to 0';

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
  if (spec.manualSelector === undefined) spec.manualSelector = false;
  defaultFailurePolicy(spec);
  defaultTemplate(spec);
}

function defaultFailurePolicy(spec: JsonRecord): void {
  for (const rule of recordsAt(spec, 'podFailurePolicy', 'rules'))
    for (const pattern of recordsAt(rule, 'onPodConditions')) setDefault(pattern, 'status', 'True');
}

export const jobRules: KindRules = {
  generation: true,
  // batch/v1 keeps what it did before garbage collection existed (registry/batch/job/strategy.go).
  defaultPropagation: 'Orphan',
  defaults: (object) => {
    defaultJobSpec(ensureRecord(object, 'spec'));
    const { labels } = recordAt(object, 'spec', 'template', 'metadata');
    const metadata = ensureRecord(object, 'metadata');
    // The very same labels: upstream's generated ones show in both (apis/batch/v1/defaults.go).
    if (isRecord(labels) && Object.keys(recordAt(metadata, 'labels')).length === 0) metadata.labels = labels;
  },
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
      // What somebody has put there is judged, not replaced.
      labels[`batch.kubernetes.io/${key}`] ??= value;
      labels[key] ??= value;
    }
    ensureRecord(ensureRecord(spec, 'selector'), 'matchLabels')['batch.kubernetes.io/controller-uid'] ??= uid;
    // Upstream finds them when it reads the job again, and defaults its labels with them.
    const metadata = ensureRecord(object, 'metadata');
    if (Object.keys(recordAt(metadata, 'labels')).length === 0) metadata.labels = { ...labels };
  },
  validate: (object) => jobSpecErrors(recordAt(object, 'spec'), 'spec', true),
  validateCreate: generatedLabelErrors,
  validateUpdate: jobUpdateErrors,
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
  validate: cronJobErrors,
};

function defaultJobTemplatePods(spec: JsonRecord): void {
  const jobSpec = ensureRecord(ensureRecord(spec, 'jobTemplate'), 'spec');
  defaultFailurePolicy(jobSpec);
  defaultTemplate(jobSpec);
}

// ---- validation --------------------------------------------------------------------------------------------------

const completionModes = ['Indexed', 'NonIndexed'];
const replacements = ['Failed', 'TerminatingOrFailed'];
const mostIndexedParallelism = 100_000;

/** Pods of jobs come to an end. A policy that does not exist has been reported already. */
function endingRestartPolicy(podSpec: JsonRecord, path: string): FieldError[] {
  return podSpec.restartPolicy === 'Always'
    ? [required(`${path}.restartPolicy`, 'valid values: "OnFailure", "Never"')]
    : [];
}

/** By its labels a Job finds its pods (apis/batch/validation, validateGeneratedSelector). */
function generatedLabelErrors(object: JsonRecord): FieldError[] {
  const spec = recordAt(object, 'spec');
  if (spec.manualSelector === true || !isRecord(spec.selector)) return [];
  const labels = recordAt(spec, 'template', 'metadata', 'labels');
  const [uid, name] = [stringAt(object, 'metadata', 'uid'), stringAt(object, 'metadata', 'name')];
  const wanted: readonly (readonly [string, string])[] = [
    ['controller-uid', uid],
    ['job-name', name],
    ['batch.kubernetes.io/controller-uid', uid],
    ['batch.kubernetes.io/job-name', name],
  ];
  const errors = wanted.flatMap(([label, value]) => {
    if (labels[label] === value) return [];
    const at = `spec.template.metadata.labels[${label}]`;
    const problem = `must be '${value}'`;
    return [labels[label] === undefined ? required(at, problem) : invalidValue(at, labels, problem)];
  });
  if (!matchesSelector(spec.selector, Object.fromEntries(wanted)))
    errors.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'));
  return errors;
}

/** `isOwn`: of a Job; the template in a CronJob has no selector yet. */
function jobSpecErrors(spec: JsonRecord, path: string, isOwn: boolean): FieldError[] {
  const errors: FieldError[] = [];
  for (const key of [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
    'maxFailedIndexes',
  ]) {
    const value = numberAt(spec, key);
    if (value !== undefined && value < 0) errors.push(invalidValue(`${path}.${key}`, value, notNegative));
  }
  if (isOwn && spec.selector === undefined) errors.push(required(`${path}.selector`));
  else if (isOwn && isRecord(spec.selector)) errors.push(...validateSelector(spec.selector, `${path}.selector`));
  if (!isOwn && spec.selector !== undefined)
    errors.push(invalidValue(`${path}.selector`, spec.selector, '`selector` will be auto-generated'));
  if (!isOwn && spec.manualSelector === true)
    errors.push(notSupported(`${path}.manualSelector`, true, ['nil', 'false']));
  errors.push(...indexErrors(spec, path));
  const replacement = stringAt(spec, 'podReplacementPolicy');
  if (replacement !== '' && !replacements.includes(replacement))
    errors.push(notSupported(`${path}.podReplacementPolicy`, replacement, replacements));
  errors.push(...failurePolicyErrors(spec, path));
  errors.push(...validateTemplate(spec, undefined, `${path}.template`));
  return [...errors, ...endingRestartPolicy(recordAt(spec, 'template', 'spec'), `${path}.template.spec`)];
}

function indexErrors(spec: JsonRecord, path: string): FieldError[] {
  const mode = stringAt(spec, 'completionMode');
  const errors: FieldError[] = [];
  if (mode !== '' && !completionModes.includes(mode))
    errors.push(notSupported(`${path}.completionMode`, mode, completionModes));
  if (mode === 'Indexed') {
    if (spec.completions === undefined) errors.push(required(`${path}.completions`, 'when completion mode is Indexed'));
    const parallelism = numberAt(spec, 'parallelism') ?? 0;
    if (parallelism > mostIndexedParallelism) {
      const detail = `must be less than or equal to ${mostIndexedParallelism} when completion mode is Indexed`;
      errors.push(invalidValue(`${path}.parallelism`, parallelism, detail));
    }
  } else {
    for (const key of ['backoffLimitPerIndex', 'maxFailedIndexes'])
      if (spec[key] !== undefined)
        errors.push(invalidValue(`${path}.${key}`, spec[key], 'requires indexed completion mode'));
  }
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined)
    errors.push(required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'));
  return errors;
}

const failureActions = ['Count', 'FailIndex', 'FailJob', 'Ignore'];

function failurePolicyErrors(spec: JsonRecord, path: string): FieldError[] {
  if (!isRecord(spec.podFailurePolicy)) return [];
  const errors: FieldError[] = [];
  const restart = stringAt(spec, 'template', 'spec', 'restartPolicy');
  if (restart !== 'Never') {
    const detail = 'only "Never" is supported when podFailurePolicy is specified';
    errors.push(invalidValue(`${path}.template.spec.restartPolicy`, restart, detail));
  }
  for (const [index, rule] of recordsAt(spec.podFailurePolicy, 'rules').entries()) {
    const at = `${path}.podFailurePolicy.rules[${index}]`;
    const action = stringAt(rule, 'action');
    if (action === '')
      errors.push(
        required(`${at}.action`, `valid values: ${failureActions.map((each) => JSON.stringify(each)).join(', ')}`),
      );
    else if (!failureActions.includes(action)) errors.push(notSupported(`${at}.action`, action, failureActions));
    const [codes, conditions] = [rule.onExitCodes !== undefined, arrayAt(rule, 'onPodConditions').length > 0];
    if (codes === conditions)
      errors.push(
        invalidValue(
          at,
          rule,
          codes
            ? 'specifying both OnExitCodes and OnPodConditions is not supported'
            : 'specifying one of OnExitCodes and OnPodConditions is required',
        ),
      );
  }
  return errors;
}

/** What of a pod template may change while its job is suspended and has no pods (KEP-2926, KEP-5440). */
const schedulingFields = ['nodeSelector', 'schedulingGates', 'tolerations'];

/** No pod of the job is there, nor does its controller make any now. */
function isAtRest(job: JsonRecord): boolean {
  const status = recordAt(job, 'status');
  const isSuspended = recordsAt(status, 'conditions').some((row) => row.type === 'Suspended' && row.status === 'True');
  const notStarted = status.startTime === undefined;
  return (
    recordAt(job, 'spec').suspend === true && (notStarted || isSuspended) && (numberAt(status, 'active') ?? 0) === 0
  );
}

/** The template without what may change. */
function fixedTemplate(spec: JsonRecord, mayChange: boolean): JsonRecord {
  const template = structuredClone(recordAt(spec, 'template'));
  if (!mayChange) return template;
  delete template.metadata;
  const pod = recordAt(template, 'spec');
  for (const key of schedulingFields) delete pod[key];
  for (const list of ['containers', 'initContainers']) for (const row of recordsAt(pod, list)) delete row.resources;
  const { nodeAffinity: _mutable, ...others } = recordAt(pod, 'affinity');
  if (Object.keys(others).length === 0) delete pod.affinity;
  else pod.affinity = others;
  return template;
}

function jobUpdateErrors(object: JsonRecord, previous: JsonRecord): FieldError[] {
  const [after, before] = [recordAt(object, 'spec'), recordAt(previous, 'spec')];
  const errors = [
    'selector',
    'completionMode',
    'podFailurePolicy',
    'backoffLimitPerIndex',
    'managedBy',
    'successPolicy',
  ]
    .filter((key) => !semanticallyEqual(after[key], before[key]))
    .map((key) => immutable(`spec.${key}`, after[key]));
  const isElastic =
    after.completionMode === 'Indexed' && after.completions !== undefined && after.completions === after.parallelism;
  if (after.completions !== before.completions && !isElastic)
    errors.push(immutable('spec.completions', after.completions));
  const mayChange = isAtRest(previous);
  if (!semanticallyEqual(fixedTemplate(after, mayChange), fixedTemplate(before, mayChange)))
    errors.push(
      mayChange
        ? immutable('spec.template.spec', recordAt(after, 'template').spec)
        : immutable('spec.template', after.template),
    );
  return errors;
}

const concurrencyPolicies = ['Allow', 'Forbid', 'Replace'];
/** The jobs are called after their CronJob and a time: eleven characters more. */
const longestCronJobName = 52;

function cronJobErrors(object: JsonRecord): FieldError[] {
  const spec = recordAt(object, 'spec');
  const errors: FieldError[] = [];
  const name = stringAt(object, 'metadata', 'name');
  if (name.length > longestCronJobName)
    errors.push(invalidValue('metadata.name', name, `must be no more than ${longestCronJobName} characters`));
  const schedule = stringAt(spec, 'schedule');
  if (schedule === '') errors.push(required('spec.schedule'));
  else if (/TZ/.test(schedule))
    errors.push(
      invalidValue('spec.schedule', schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'),
    );
  else {
    const problem = scheduleProblem(schedule);
    if (problem !== undefined) errors.push(invalidValue('spec.schedule', schedule, problem));
  }
  if (typeof spec.timeZone === 'string') {
    const problem = timeZoneProblem(spec.timeZone);
    if (problem !== undefined) errors.push(invalidValue('spec.timeZone', spec.timeZone, problem));
  }
  for (const key of ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit']) {
    const value = numberAt(spec, key);
    if (value !== undefined && value < 0) errors.push(invalidValue(`spec.${key}`, value, notNegative));
  }
  const policy = stringAt(spec, 'concurrencyPolicy');
  if (!concurrencyPolicies.includes(policy))
    errors.push(notSupported('spec.concurrencyPolicy', policy, concurrencyPolicies));
  return [...errors, ...jobSpecErrors(recordAt(spec, 'jobTemplate', 'spec'), 'spec.jobTemplate.spec', false)];
}
