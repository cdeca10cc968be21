/** pods/eviction: a deletion that disruption budgets have a say in (kubernetes registry/core/pod/storage/eviction.go). */
import { ensureRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';
import { matchesSelector } from '../kinds/label-selector.ts';
import { ApiError, conflict, forbidden, modifiedMessage, notFound, tooManyRequests } from '../wire/status.ts';
import { type Call, type Context, keyOf, prefixOf } from './context.ts';
import { type DeleteOptions, removeObject } from './delete.ts';
import { parseStored, serialise } from './stored.ts';
import { commit, objectKey, timestamp } from './write.ts';

/** More evictions than these may not wait for the budget's controller to notice them. */
const mostDisruptedPods = 2000;

const refusal = "Cannot evict pod as it would violate the pod's disruption budget.";
const because = (message: string, retryAfterSeconds?: number): ApiError =>
  tooManyRequests(refusal, [{ reason: 'DisruptionBudget', message }], retryAfterSeconds);
const isBeingProcessed = (name: string): ApiError =>
  because(`The disruption budget ${name} is still being processed by the server.`);

/** What has ended, has not begun, or goes anyway, is nothing to protect. */
function isFree(pod: JsonRecord): boolean {
  const phase = stringAt(pod, 'status', 'phase');
  const isRunning = phase !== 'Succeeded' && phase !== 'Failed' && phase !== 'Pending';
  return !isRunning || stringAt(pod, 'metadata', 'deletionTimestamp') !== '';
}

const isReady = (pod: JsonRecord): boolean =>
  recordsAt(pod, 'status', 'conditions').some(({ type, status }) => type === 'Ready' && status === 'True');

/** Pods that are not ready are no disruption where their budget says so, or is met without them. */
function mayGoUnhealthy(budget: JsonRecord): boolean {
  if (stringAt(budget, 'spec', 'unhealthyPodEvictionPolicy') === 'AlwaysAllow') return true;
  const wanted = numberAt(budget, 'status', 'desiredHealthy') ?? 0;
  return wanted > 0 && (numberAt(budget, 'status', 'currentHealthy') ?? 0) >= wanted;
}

export async function evictPod(context: Context, call: Call, pod: JsonRecord, options: DeleteOptions): Promise<void> {
  const { name, namespace } = call.route;
  const revision = stringAt(pod, 'metadata', 'resourceVersion');
  let judgedBy = '';
  if (!isFree(pod)) {
    const budgets = budgetsOf(context, pod, namespace);
    const [budget] = budgets;
    if (budgets.length > 1) {
      const why = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.';
      throw new ApiError(500, '', why);
    }
    if (budget !== undefined && !isReady(pod) && mayGoUnhealthy(budget))
      judgedBy = stringAt(budget, 'metadata', 'name');
    else if (budget !== undefined) await spend(context, stringAt(budget, 'metadata', 'name'), call, options.dryRun);
  }
  const asJudged = judgedBy === '' ? undefined : { revision, refuse: () => isBeingProcessed(judgedBy) };
  if (options.dryRun) await removeObject(context, call, name, options);
  else await removeObject(context, call, name, await announce(context, call, options, asJudged));
}

const budgets = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' };

function budgetKind({ kinds }: Context): Kind {
  const kind = kinds.find(budgets.group, budgets.version, budgets.resource);
  if (kind === undefined) throw notFound(budgets, '');
  return kind;
}

function budgetsOf(context: Context, pod: JsonRecord, namespace: string): readonly JsonRecord[] {
  const labels = recordAt(pod, 'metadata', 'labels');
  return context.store
    .list(prefixOf(budgetKind(context), namespace))
    .items.map(({ value }) => parseStored(value))
    .filter((budget) => matchesSelector(recordAt(budget, 'spec', 'selector'), labels));
}

/** Takes one disruption from the budget, and notes whose it is until the budget's controller has seen the pod go. */
async function spend(context: Context, name: string, { route }: Call, dryRun: boolean): Promise<void> {
  const kind = budgetKind(context);
  const now = timestamp(context.nowMs());
  await commit(context, keyOf(kind, route.namespace, name), dryRun, (current) => {
    // It went meanwhile: nothing protects the pod.
    if (current === undefined) return { kind: 'keep' };
    const budget = parseStored(current.value);
    requireRoom(kind, name, budget);
    const status = ensureRecord(budget, 'status');
    const left = (numberAt(status, 'disruptionsAllowed') ?? 0) - 1;
    status.disruptionsAllowed = left;
    if (left === 0) setCondition(status, { ...exhausted, observedGeneration: status.observedGeneration }, now);
    ensureRecord(status, 'disruptedPods')[route.name] = now;
    return { kind: 'put', value: (revision) => serialise(kind, budget, revision) };
  });
}

const exhausted = { type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods', message: '' };

function requireRoom(kind: Kind, name: string, budget: JsonRecord): void {
  const status = recordAt(budget, 'status');
  if ((numberAt(status, 'observedGeneration') ?? 0) < (numberAt(budget, 'metadata', 'generation') ?? 0))
    throw isBeingProcessed(name);
  const allowed = numberAt(status, 'disruptionsAllowed') ?? 0;
  if (allowed < 0) throw forbidden(kind, name, 'pdb disruptions allowed is negative');
  if (Object.keys(recordAt(status, 'disruptedPods')).length > mostDisruptedPods) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller';
    throw forbidden(kind, name, why);
  }
  // Nobody knows when there will be room.
  if (allowed === 0) throw because(whyNone(name, status), 0);
}

function whyNone(name: string, status: JsonRecord): string {
  const condition = recordsAt(status, 'conditions').find(({ type }) => type === 'DisruptionAllowed');
  const [reason, message] = [stringAt(condition, 'reason'), stringAt(condition, 'message')];
  const [wanted, healthy] = [numberAt(status, 'desiredHealthy') ?? 0, numberAt(status, 'currentHealthy') ?? 0];
  const isToldWhy = condition?.status === 'False' && message !== '';
  const start = `The disruption budget ${name}`;
  if (isToldWhy && reason === 'SyncFailed')
    return `${start} does not allow evicting pods currently because it failed sync: ${message}`;
  if (healthy <= wanted) return `${start} needs ${wanted} healthy pods and has ${healthy} currently`;
  return `${start} does not allow evicting pods currently${isToldWhy ? ` (${reason}): ${message}` : ''}`;
}

/** The pod says why it goes before it does. The answer are the options for its deletion. */
async function announce(
  context: Context,
  call: Call,
  options: DeleteOptions,
  asJudged: { readonly revision: string; readonly refuse: () => ApiError } | undefined,
): Promise<DeleteOptions> {
  const { kind, route } = call;
  const now = timestamp(context.nowMs());
  const outcome = await commit(context, objectKey(call, route.name), false, (current) => {
    if (current === undefined) throw notFound(kind, route.name);
    const pod = parseStored(current.value);
    const isOther = options.uid !== '' && options.uid !== stringAt(pod, 'metadata', 'uid');
    const isNewer = options.resourceVersion !== '' && options.resourceVersion !== String(current.modRevision);
    if (isOther || isNewer) throw conflict(kind, route.name, modifiedMessage);
    if (asJudged !== undefined && asJudged.revision !== String(current.modRevision)) throw asJudged.refuse();
    setCondition(ensureRecord(pod, 'status'), disruptionTarget, now);
    return { kind: 'put', value: (revision) => serialise(kind, pod, revision) };
  });
  if (options.resourceVersion === '' && asJudged === undefined) return options;
  return { ...options, resourceVersion: stringAt(parseStored(outcome.text), 'metadata', 'resourceVersion') };
}

const disruptionTarget = {
  type: 'DisruptionTarget',
  status: 'True',
  reason: 'EvictionByEvictionAPI',
  message: 'Eviction API: evicting',
};

/** Its time is that of the last change of its status. */
function setCondition(status: JsonRecord, wanted: JsonRecord, now: string): void {
  const conditions = recordsAt(status, 'conditions');
  const before = conditions.find(({ type }) => type === wanted.type);
  const lastTransitionTime = before?.status === wanted.status ? (before?.lastTransitionTime ?? now) : now;
  const next = { ...before, ...wanted, lastTransitionTime };
  status.conditions =
    before === undefined ? [...conditions, next] : conditions.map((one) => (one === before ? next : one));
}
