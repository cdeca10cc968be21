/** What the LimitRanges of its namespace ask of a new pod (kubernetes plugin/pkg/admission/limitranger). */
import { ensureRecord, isRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import type { ObjectList } from '../kind.ts';
import { addQuantities, compareQuantities, parseQuantity } from '../quantity.ts';
import { qosClass } from './pod-defaults.ts';

const annotation = 'kubernetes.io/limit-ranger';

/** Fills in default requests and limits; says which bound the pod breaks. */
export function admitLimits(pod: JsonRecord, list: ObjectList): string | undefined {
  const namespace = stringAt(pod, 'metadata', 'namespace');
  const ranges = list('', 'limitranges', namespace);
  if (ranges.length === 0) return undefined;
  const limits = ranges.flatMap((range) => recordsAt(range, 'spec', 'limits'));
  for (const limit of limits) if (limit.type === 'Container') fillIn(pod, limit);
  ensureRecord(pod, 'status').qosClass = qosClass(recordAt(pod, 'spec'));
  const broken = limits.flatMap((limit) => brokenBounds(pod, limit));
  return broken.length > 1 ? `[${broken.join(', ')}]` : broken[0];
}

function fillIn(pod: JsonRecord, limit: JsonRecord): void {
  const notes: string[] = [];
  for (const [key, what] of [
    ['containers', 'container'],
    ['initContainers', 'init container'],
  ] as const) {
    for (const container of recordsAt(pod, 'spec', key)) {
      const name = stringAt(container, 'name');
      const resources = ensureRecord(container, 'resources');
      const requested = fillMissing(resources, 'requests', recordAt(limit, 'defaultRequest'));
      const limited = fillMissing(resources, 'limits', recordAt(limit, 'default'));
      if (requested !== '') notes.push(`${requested} request for ${what} ${name}`);
      if (limited !== '') notes.push(`${limited} limit for ${what} ${name}`);
    }
  }
  if (notes.length === 0) return;
  const annotations = ensureRecord(ensureRecord(pod, 'metadata'), 'annotations');
  annotations[annotation] = `LimitRanger plugin set: ${notes.join('; ')}`;
}

/** The names that were missing, in order. */
function fillMissing(resources: JsonRecord, key: 'requests' | 'limits', defaults: JsonRecord): string {
  const own = isRecord(resources[key]) ? resources[key] : {};
  const missing = Object.keys(defaults).filter((name) => !Object.hasOwn(own, name));
  if (missing.length === 0) return '';
  resources[key] = { ...own, ...Object.fromEntries(missing.map((name) => [name, defaults[name]])) };
  return missing.sort().join(', ');
}

interface Amounts {
  readonly requests: JsonRecord;
  readonly limits: JsonRecord;
}

function brokenBounds(pod: JsonRecord, limit: JsonRecord): string[] {
  const type = stringAt(limit, 'type');
  const containers = recordsAt(pod, 'spec', 'containers');
  const amounts = (container: JsonRecord): Amounts => ({
    requests: recordAt(container, 'resources', 'requests'),
    limits: recordAt(container, 'resources', 'limits'),
  });
  if (type === 'Container')
    return [...containers, ...recordsAt(pod, 'spec', 'initContainers')].flatMap((container) =>
      brokenLimits(limit, amounts(container)),
    );
  if (type !== 'Pod') return [];
  const sum = (key: 'requests' | 'limits'): JsonRecord => {
    const total: JsonRecord = {};
    for (const container of containers)
      for (const [name, value] of Object.entries(amounts(container)[key]))
        total[name] = addQuantities(String(total[name] ?? '0'), String(value));
    return total;
  };
  return brokenLimits(limit, { requests: sum('requests'), limits: sum('limits') });
}

/** Which of its bounds amounts break, in upstream's words. */
export function brokenLimits(limit: JsonRecord, { requests, limits }: Amounts): string[] {
  const type = stringAt(limit, 'type');
  const text = (amounts: JsonRecord, name: string): string | undefined =>
    amounts[name] === undefined ? undefined : String(amounts[name]);
  const problems: string[] = [];
  for (const [name, value] of Object.entries(recordAt(limit, 'min'))) {
    const start = `minimum ${name} usage per ${type} is ${String(value)}`;
    const [request, most] = [text(requests, name), text(limits, name)];
    if (request === undefined) problems.push(`${start}.  No request is specified`);
    else if (compareQuantities(request, String(value)) < 0) problems.push(`${start}, but request is ${request}`);
    if (most !== undefined && compareQuantities(most, String(value)) < 0)
      problems.push(`${start}, but limit is ${most}`);
  }
  for (const [name, value] of Object.entries(recordAt(limit, 'max'))) {
    const start = `maximum ${name} usage per ${type} is ${String(value)}`;
    const [request, most] = [text(requests, name), text(limits, name)];
    if (most === undefined) problems.push(`${start}.  No limit is specified`);
    else if (compareQuantities(most, String(value)) > 0) problems.push(`${start}, but limit is ${most}`);
    if (request !== undefined && compareQuantities(request, String(value)) > 0)
      problems.push(`${start}, but request is ${request}`);
  }
  for (const [name, value] of Object.entries(recordAt(limit, 'maxLimitRequestRatio'))) {
    const start = `${name} max limit to request ratio per ${type} is ${String(value)}`;
    const [request, most] = [nanosOf(text(requests, name)), nanosOf(text(limits, name))];
    const allowed = nanosOf(String(value)) / 1e9;
    if (request === 0) problems.push(`${start}, but no request is specified or request is 0`);
    else if (most === 0) problems.push(`${start}, but no limit is specified or limit is 0`);
    else if (most / request > allowed) problems.push(`${start}, but provided ratio is ${(most / request).toFixed(6)}`);
  }
  return problems;
}

const nanosOf = (quantity: string | undefined): number =>
  quantity === undefined ? 0 : Number(parseQuantity(quantity)?.nanos ?? 0n);
