/** Pods. */
import { forbiddenField } from '../field-errors.ts';
import { ensureRecord, isRecord, type JsonRecord, numberAt, recordAt, recordsAt, stringAt } from '../json.ts';
import type { KindRules, ObjectLookup } from '../kind.ts';
import { alignPodAddresses } from './first-of-list.ts';
import { admitPod, admitPodUpdate, defaultPod, preparePod, qosClass } from './pod-defaults.ts';
import { admitLimits } from './pod-limits.ts';
import { ephemeralContainersPart, resizePart } from './pod-parts.ts';
import { placePod } from './pod-place.ts';
import { admitPriority } from './pod-priority.ts';
import { admitRuntimeClass } from './pod-runtime-class.ts';
import { validatePodUpdate } from './pod-update.ts';
import { validatePodSpec } from './pod-validation.ts';

export const podRules: KindRules = {
  generation: true,
  statusKeeps: ['ownerReferences'],
  defaults: (pod) => {
    defaultPod(pod);
    if (isRecord(pod.status)) alignPodAddresses(pod.status);
  },
  prepareCreate: preparePod,
  prepareUpdate: admitPodUpdate,
  admitCreate: (pod, lookup, list) => {
    admitPod(pod);
    lendPullSecrets(pod, lookup);
    placePod(pod, lookup('', 'nodes', stringAt(pod, 'spec', 'nodeName')));
    return admitRuntimeClass(pod, lookup) ?? admitPriority(pod, lookup, list) ?? admitLimits(pod, list);
  },
  prepareStatus: (pod) => {
    const status = ensureRecord(pod, 'status');
    if (stringAt(status, 'qosClass') === '') status.qosClass = qosClass(recordAt(pod, 'spec'));
  },
  validate: (pod) => validatePodSpec(recordAt(pod, 'spec'), 'spec'),
  validateCreate: (pod) =>
    recordsAt(pod, 'spec', 'ephemeralContainers').length === 0
      ? []
      : [forbiddenField('spec.ephemeralContainers', 'cannot be set on create')],
  validateUpdate: validatePodUpdate,
  parts: { ephemeralcontainers: ephemeralContainersPart, resize: resizePart },
  gracePeriodSeconds,
};

/** A pod without secrets for its images takes those of its account (plugin/pkg/admission/serviceaccount). */
function lendPullSecrets(pod: JsonRecord, lookup: ObjectLookup): void {
  const spec = ensureRecord(pod, 'spec');
  const account = stringAt(spec, 'serviceAccountName');
  // A mirror pod has none.
  if (account === '' || recordsAt(spec, 'imagePullSecrets').length > 0) return;
  const found = lookup('', 'serviceaccounts', `${stringAt(pod, 'metadata', 'namespace')}/${account}`);
  const secrets = recordsAt(found, 'imagePullSecrets');
  if (secrets.length > 0) spec.imagePullSecrets = secrets.map(({ name }) => ({ name }));
}

/** A pod nobody runs, or one that has ended, needs no time to stop (registry/core/pod/strategy.go, CheckGracefulDelete). */
function gracePeriodSeconds(pod: JsonRecord, requested: number | undefined): number {
  const phase = stringAt(pod, 'status', 'phase');
  if (stringAt(pod, 'spec', 'nodeName') === '' || phase === 'Succeeded' || phase === 'Failed') return 0;
  const asked =
    requested ??
    numberAt(pod, 'metadata', 'deletionGracePeriodSeconds') ??
    numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ??
    30;
  return asked < 0 ? 1 : asked;
}
