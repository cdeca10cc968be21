/**
 * Names and conditions of a definition (apiextensions-apiserver pkg/controller/{status,establish,apiapproval}). Decided
 * within the write, so that a definition without conflicts is established when its creation is answered.
 */
import { arrayAt, deepEqual, ensureRecord, type JsonRecord, recordAt, recordsAt, stringAt } from '../json.ts';
import { bundleProblem, clientBundle } from './conversion-spec.ts';

export function timestampOf(nowMs: number): string {
  return `${new Date(nowMs).toISOString().slice(0, 19)}Z`;
}

interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False';
  readonly reason: string;
  readonly message: string;
}

/** Puts a condition in place of its namesake; the time stays when its status does. */
export function setCondition(status: JsonRecord, condition: Condition, nowMs: number): void {
  const known = recordsAt(status, 'conditions');
  const old = known.find(({ type }) => type === condition.type);
  const { type, status: state, reason, message } = condition;
  if (old !== undefined && old.status === state && old.reason === reason && old.message === message) return;
  const lastTransitionTime = old?.status === state ? old.lastTransitionTime : timestampOf(nowMs);
  const entry = { lastTransitionTime, message, reason, status: state, type };
  status.conditions = old === undefined ? [...known, entry] : known.map((item) => (item === old ? entry : item));
}

export function hasCondition(definition: JsonRecord, type: string): boolean {
  return recordsAt(definition, 'status', 'conditions').some((item) => item.type === type && item.status === 'True');
}

interface Conflict {
  readonly reason: string;
  readonly message: string;
}

/** `others`: the other definitions of the same group. */
export function establish(definition: JsonRecord, others: readonly JsonRecord[], nowMs: number): void {
  const status = ensureRecord(definition, 'status');
  const { names, conflict } = acceptNames(definition, others);
  status.acceptedNames = names;
  setCondition(
    status,
    conflict === undefined
      ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
      : { type: 'NamesAccepted', status: 'False', ...conflict },
    nowMs,
  );
  if (hasCondition(definition, 'Established')) return;
  setCondition(status, { type: 'Established', ...establishment(definition, conflict) }, nowMs);
}

function establishment(definition: JsonRecord, conflict: Conflict | undefined): Omit<Condition, 'type'> {
  if (conflict !== undefined) return { status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' };
  if (bundleProblem(clientBundle(recordAt(definition, 'spec'))) !== undefined)
    return { status: 'False', reason: 'InvalidCABundle', message: 'The conversion webhook CABundle is invalid' };
  return { status: 'True', reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' };
}

export function hasAllNames(definition: JsonRecord): boolean {
  return deepEqual(recordAt(definition, 'spec').names, recordAt(definition, 'status').acceptedNames);
}

const nameParts = [
  ['plural', 'PluralConflict', 'resources'],
  ['singular', 'SingularConflict', 'resources'],
  ['shortNames', 'ShortNamesConflict', 'resources'],
  ['kind', 'KindConflict', 'kinds'],
  ['listKind', 'ListKindConflict', 'kinds'],
] as const;

/** Each name is taken when no other definition of the group has it; the last conflict is the one reported. */
function acceptNames(
  definition: JsonRecord,
  others: readonly JsonRecord[],
): { names: JsonRecord; conflict?: Conflict } {
  const wanted = recordAt(definition, 'spec', 'names');
  const accepted = recordAt(definition, 'status', 'acceptedNames');
  const used = { resources: new Set<string>(), kinds: new Set<string>() };
  for (const other of others) {
    const names = recordAt(other, 'status', 'acceptedNames');
    for (const [key, , table] of nameParts) for (const name of textsOf(names[key])) used[table].add(name);
  }
  // plural, kind and listKind are always there: an empty string where nothing was accepted.
  const names: JsonRecord = { kind: '', plural: '', ...accepted };
  let conflict: Conflict | undefined;
  for (const [key, reason, table] of nameParts) {
    const mine = new Set(textsOf(accepted[key]));
    const taken = textsOf(wanted[key]).filter((name) => !mine.has(name) && used[table].has(name));
    if (taken.length > 0) {
      const parts = taken.map((name) => `${JSON.stringify(name)} is already in use`);
      conflict = { reason, message: parts.length === 1 ? (parts[0] ?? '') : `[${parts.join(', ')}]` };
    } else if (wanted[key] === undefined) delete names[key];
    else names[key] = wanted[key];
  }
  if (wanted.categories === undefined) delete names.categories;
  else names.categories = wanted.categories;
  return conflict === undefined ? { names } : { names, conflict };
}

function textsOf(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value.map(String) : [String(value ?? '')]).filter((text) => text !== '');
}

/** Objects may be stored in every version that ever was the one to store in. */
export function recordStorageVersion(definition: JsonRecord): void {
  const status = ensureRecord(definition, 'status');
  const storage = recordsAt(definition, 'spec', 'versions').find((version) => version.storage === true);
  const stored = arrayAt(status, 'storedVersions').map(String);
  const name = stringAt(storage, 'name');
  status.storedVersions = storage === undefined || stored.includes(name) ? stored : [...stored, name];
}

// ---- groups of the Kubernetes project ------------------------------------------------------------------------------

export const approvalAnnotation = 'api-approved.kubernetes.io';
const policy = 'see https://github.com/kubernetes/enhancements/pull/1111';

export interface Approval {
  readonly state: 'missing' | 'invalid' | 'bypassed' | 'approved';
  readonly reason: string;
}

/** Undefined for groups nobody has to approve. */
export function approvalOf(definition: JsonRecord): Approval | undefined {
  const group = stringAt(definition, 'spec', 'group');
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return undefined;
  const text = recordAt(definition, 'metadata', 'annotations')[approvalAnnotation];
  const must = `protected groups must have approval annotation ${JSON.stringify(approvalAnnotation)}`;
  if (typeof text !== 'string' || text === '') return { state: 'missing', reason: `${must}, ${policy}` };
  if (text.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(text)}` };
  if (URL.canParse(text) && new URL(text).host !== '') return { state: 'approved', reason: `approved in ${text}` };
  return { state: 'invalid', reason: `${must} with either a URL or a reason starting with "unapproved", ${policy}` };
}

const approvalReasons: Readonly<Record<Approval['state'], string>> = {
  missing: 'MissingAnnotation',
  invalid: 'InvalidAnnotation',
  bypassed: 'UnapprovedAnnotation',
  approved: 'ApprovedAnnotation',
};

export function showApproval(definition: JsonRecord, nowMs: number): void {
  const approval = approvalOf(definition);
  if (approval === undefined) return;
  const status = approval.state === 'approved' ? 'True' : 'False';
  const { state, reason: message } = approval;
  const type = 'KubernetesAPIApprovalPolicyConformant';
  setCondition(ensureRecord(definition, 'status'), { type, status, reason: approvalReasons[state], message }, nowMs);
}
