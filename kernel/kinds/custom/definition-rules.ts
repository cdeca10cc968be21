/** Rules of CustomResourceDefinitions themselves (apiextensions-apiserver pkg/registry/customresourcedefinition/strategy.go). */
import { ensureRecord, isRecord, type JsonRecord, recordAt, setDefault, stringAt } from '../json.ts';
import type { KindRules, WriteContext } from '../kind.ts';
import { establish, recordStorageVersion, setCondition, showApproval } from './definition-status.ts';
import {
  approvalProblems,
  definitionProblems,
  definitionUpdateProblems,
  statusProblems,
} from './definition-validation.ts';
import { formatWarnings } from './definition-warnings.ts';

export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io';

function defaults(object: JsonRecord): void {
  const spec = ensureRecord(object, 'spec');
  const names = ensureRecord(spec, 'names');
  const kind = stringAt(names, 'kind');
  setDefault(names, 'singular', kind.toLowerCase());
  if (kind !== '') setDefault(names, 'listKind', `${kind}List`);
  if (!isRecord(spec.conversion)) spec.conversion = { strategy: 'None' };
  const { service } = recordAt(spec, 'conversion', 'webhook', 'clientConfig');
  if (isRecord(service)) setDefault(service, 'port', 443);
}

/** The definitions that may have names this one wants. */
function groupMembers(object: JsonRecord, context: Pick<WriteContext, 'others'>): readonly JsonRecord[] {
  const group = stringAt(object, 'spec', 'group');
  const name = stringAt(object, 'metadata', 'name');
  return (context.others?.(JSON.stringify(group)) ?? []).filter(
    (other) => stringAt(other, 'spec', 'group') === group && stringAt(other, 'metadata', 'name') !== name,
  );
}

function settle(object: JsonRecord, context: WriteContext): void {
  establish(object, groupMembers(object, context), context.nowMs);
  showApproval(object, context.nowMs);
  recordStorageVersion(object);
}

export const customResourceDefinitionRules: KindRules = {
  generation: true,
  conditionalUpdate: true,
  deletionFinalizer: cleanupFinalizer,
  defaults,
  prepareCreate: settle,
  prepareUpdate: (object, _previous, context) => settle(object, context),
  beforeDelete: (object, { nowMs }) => {
    const message = 'CustomResource deletion is in progress';
    const condition = { type: 'Terminating', status: 'True', reason: 'InstanceDeletionInProgress', message } as const;
    setCondition(ensureRecord(object, 'status'), condition, nowMs);
  },
  warnings: formatWarnings,
  validate: definitionProblems,
  validateStatus: statusProblems,
  validateCreate: (object) => approvalProblems(object, undefined),
  validateUpdate: (object, previous) => [
    ...definitionUpdateProblems(object, previous),
    ...approvalProblems(object, previous),
  ],
};
