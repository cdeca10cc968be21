/** Columns of deployments and the other kinds that make pods. */
import { isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import type { Column } from '../kind.ts';
import { formatSelector } from '../selector-text.ts';
import { ageLast, at, containerColumns, integer, labelsText, none, since, text, wide } from './column.ts';
import { humanDuration } from './duration.ts';

const number =
  (...path: readonly string[]) =>
  (object: JsonRecord): number =>
    numberAt(object, ...path) ?? 0;

const templateContainers = containerColumns('spec', 'template', 'spec');

const selector = wide('Selector', (object) => {
  const value = recordAt(object, 'spec').selector;
  return isRecord(value) ? formatSelector(value) || none : none;
});

export const deploymentColumns: readonly Column[] = [
  text('Ready', (object) => `${number('status', 'readyReplicas')(object)}/${number('spec', 'replicas')(object)}`),
  integer('Up-to-date', number('status', 'updatedReplicas')),
  integer('Available', number('status', 'availableReplicas')),
  ageLast,
  ...templateContainers,
  selector,
];

export const replicaSetColumns: readonly Column[] = [
  integer('Desired', number('spec', 'replicas')),
  integer('Current', number('status', 'replicas')),
  integer('Ready', number('status', 'readyReplicas')),
  ageLast,
  ...templateContainers,
  selector,
];

export const statefulSetColumns: readonly Column[] = [
  text('Ready', (object) => `${number('status', 'readyReplicas')(object)}/${number('spec', 'replicas')(object)}`),
  ageLast,
  ...templateContainers,
];

export const daemonSetColumns: readonly Column[] = [
  integer('Desired', number('status', 'desiredNumberScheduled')),
  integer('Current', number('status', 'currentNumberScheduled')),
  integer('Ready', number('status', 'numberReady')),
  integer('Up-to-date', number('status', 'updatedNumberScheduled')),
  integer('Available', number('status', 'numberAvailable')),
  text('Node Selector', (object) => labelsText(recordAt(object, 'spec', 'template', 'spec', 'nodeSelector'))),
  ageLast,
  ...templateContainers,
  selector,
];

function jobStatus(job: JsonRecord): string {
  const has = (type: string) =>
    recordsAt(job, 'status', 'conditions').some((item) => item.type === type && item.status === 'True');
  if (has('Complete')) return 'Complete';
  if (has('Failed')) return 'Failed';
  if (stringAt(job, 'metadata', 'deletionTimestamp') !== '') return 'Terminating';
  if (has('Suspended')) return 'Suspended';
  if (has('FailureTarget')) return 'FailureTarget';
  if (has('SuccessCriteriaMet')) return 'SuccessCriteriaMet';
  return 'Running';
}

function completions(job: JsonRecord): string {
  const done = number('status', 'succeeded')(job);
  const wanted = numberAt(job, 'spec', 'completions');
  if (wanted !== undefined) return `${done}/${wanted}`;
  const parallelism = number('spec', 'parallelism')(job);
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration(job: JsonRecord, nowMs: number): string {
  const start = Date.parse(stringAt(job, 'status', 'startTime'));
  if (Number.isNaN(start)) return '';
  const end = Date.parse(stringAt(job, 'status', 'completionTime'));
  return humanDuration((Number.isNaN(end) ? nowMs : end) - start);
}

export const jobColumns: readonly Column[] = [
  text('Status', jobStatus),
  text('Completions', completions),
  text('Duration', jobDuration),
  ageLast,
  ...templateContainers,
  selector,
];

export const cronJobColumns: readonly Column[] = [
  text('Schedule', at('spec', 'schedule')),
  text('Timezone', at('spec', 'timeZone')),
  text('Suspend', (object) => (recordAt(object, 'spec').suspend === true ? 'True' : 'False')),
  integer('Active', (object) => recordsAt(object, 'status', 'active').length),
  text('Last Schedule', since('status', 'lastScheduleTime')),
  ageLast,
  ...containerColumns('spec', 'jobTemplate', 'spec', 'template', 'spec'),
];
