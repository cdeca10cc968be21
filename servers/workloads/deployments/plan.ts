/** One look at a Deployment: what to do now, and what to say about it. Pure; `reconciler.ts` carries it out. */
import {
  controllerReference,
  type Deployment,
  type DeploymentStatus,
  isPodFinished,
  type Pod,
  type ReplicaSet,
} from '@diatom/sdk';
import {
  byAge,
  desiredReplicas,
  desiredReplicasAnnotation,
  fenceposts,
  maxReplicasAnnotation,
  revisionAnnotation,
  revisionHistoryAnnotation,
  revisionOf,
  specReplicas,
} from './replicas.ts';
import { isScaling, nextNewSize, rollingStep, type Sizes, scaleStep, stopOld } from './rollout.ts';
import { isComplete, planStatus, resumed } from './status.ts';
import { isSameTemplate, podTemplateHashLabel, templateHash, withHash } from './template.ts';

export type Action =
  | { readonly kind: 'create'; readonly replicaSet: ReplicaSet }
  | {
      readonly kind: 'update';
      readonly replicaSet: ReplicaSet;
      readonly replicas: number;
      readonly minReadySeconds: number;
      readonly annotations: Readonly<Record<string, string>>;
    }
  | { readonly kind: 'delete'; readonly replicaSet: ReplicaSet }
  /** The Deployment's own revision annotation. */
  | { readonly kind: 'note-revision'; readonly revision: number };

export interface Plan {
  readonly actions: readonly Action[];
  readonly status: DeploymentStatus;
  readonly requeueAfterMs: number | undefined;
}

/** `replicaSets`: all that the Deployment controls; `pods`: theirs. */
export function plan(
  given: Deployment,
  replicaSets: readonly ReplicaSet[],
  pods: readonly Pod[],
  collisionCount: number,
  nowMs: number,
): Plan {
  const current = [...replicaSets].sort(byAge).find((each) => isSameTemplate(each.spec.template, given.spec.template));
  const old = replicaSets.filter((each) => each !== current);
  const isGoing = given.metadata.deletionTimestamp !== undefined;
  const isHeld = given.spec.paused === true || isScaling(given, replicaSets) || isGoing;
  const deployment = given.spec.paused === true ? given : resumed(given, nowMs);
  const actions: Action[] = [];
  let created: ReplicaSet | undefined;
  if (isHeld) {
    if (!isGoing) resize(actions, deployment, replicaSets, scaleStep(deployment, current, old));
  } else {
    const revision = Math.max(0, ...old.map(revisionOf)) + 1;
    const mayStart = deployment.spec.strategy?.type !== 'Recreate' || !isOldRunning(old, pods);
    if (current === undefined && mayStart) {
      const size = nextNewSize(deployment, undefined, replicaSets);
      created = newReplicaSet(deployment, size, revision, collisionCount);
      actions.push({ kind: 'create', replicaSet: created }, { kind: 'note-revision', revision });
    } else if (current === undefined) {
      resize(actions, deployment, old, stopOld(old));
    } else {
      const sizes = nextSizes(deployment, current, old, mayStart);
      const annotations = rolloutAnnotations(deployment, current, revision);
      resize(actions, deployment, old, sizes);
      update(actions, deployment, current, sizes.get(current.metadata.name ?? ''), annotations);
      const noted = Math.max(revision, revisionOf(current));
      if (revisionOf(deployment) !== noted) actions.push({ kind: 'note-revision', revision: noted });
    }
  }
  const { status, requeueAfterMs } = planStatus({
    deployment,
    current,
    old,
    created: created?.metadata.name,
    collisionCount,
    isRollingOut: !isHeld,
    nowMs,
  });
  if (!isHeld && isComplete(deployment, status)) {
    for (const replicaSet of forgotten(deployment, old)) actions.push({ kind: 'delete', replicaSet });
  }
  return { actions, status, requeueAfterMs };
}

function nextSizes(deployment: Deployment, current: ReplicaSet, old: readonly ReplicaSet[], mayStart: boolean): Sizes {
  if (deployment.spec.strategy?.type !== 'Recreate') return rollingStep(deployment, current, old);
  const stopped = stopOld(old);
  if (stopped.size > 0 || !mayStart) return stopped;
  return new Map([[current.metadata.name ?? '', desiredReplicas(deployment)]]);
}

/** Recreate waits until the last old pod is gone, not only told to go. */
function isOldRunning(old: readonly ReplicaSet[], pods: readonly Pod[]): boolean {
  if (old.some((replicaSet) => specReplicas(replicaSet) > 0)) return true;
  const uids = new Set(old.map((replicaSet) => replicaSet.metadata.uid));
  return pods.some(
    (pod) => !isPodFinished(pod) && pod.metadata.ownerReferences?.some((owner) => uids.has(owner.uid)) === true,
  );
}

function resize(actions: Action[], deployment: Deployment, from: readonly ReplicaSet[], sizes: Sizes): void {
  for (const replicaSet of from) {
    const size = sizes.get(replicaSet.metadata.name ?? '');
    if (size !== undefined) update(actions, deployment, replicaSet, size, {});
  }
}

/** Adds the update when it would change anything. */
function update(
  actions: Action[],
  deployment: Deployment,
  replicaSet: ReplicaSet,
  size: number | undefined,
  further: Readonly<Record<string, string>>,
): void {
  const replicas = size ?? specReplicas(replicaSet);
  const isCurrent = Object.keys(further).length > 0;
  const minReadySeconds = isCurrent ? (deployment.spec.minReadySeconds ?? 0) : (replicaSet.spec.minReadySeconds ?? 0);
  const annotations = { ...further, ...sizeAnnotations(deployment) };
  const present = replicaSet.metadata.annotations ?? {};
  const changed = Object.entries(annotations).filter(([name, value]) => present[name] !== value);
  const isSameSize = replicas === specReplicas(replicaSet);
  if (isSameSize && minReadySeconds === (replicaSet.spec.minReadySeconds ?? 0) && changed.length === 0) return;
  actions.push({ kind: 'update', replicaSet, replicas, minReadySeconds, annotations: Object.fromEntries(changed) });
}

/** What `isScaling` and proportional scaling go by later. */
function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const desired = desiredReplicas(deployment);
  return {
    [desiredReplicasAnnotation]: String(desired),
    [maxReplicasAnnotation]: String(desired + fenceposts(deployment).maxSurge),
  };
}

/** Not copied to ReplicaSets: they describe the Deployment's own bookkeeping (annotationsToSkip upstream). */
const ownAnnotations = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  'deprecated.deployment.rollback.to',
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
]);

function copiedAnnotations(deployment: Deployment): Record<string, string> {
  const all = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(all.filter(([name]) => !ownAnnotations.has(name)));
}

function rolloutAnnotations(deployment: Deployment, current: ReplicaSet, revision: number): Record<string, string> {
  const annotations = copiedAnnotations(deployment);
  const before = revisionOf(current);
  if (before >= revision) return { ...annotations, [revisionAnnotation]: String(before) };
  annotations[revisionAnnotation] = String(revision);
  if (before > 0) {
    const history = current.metadata.annotations?.[revisionHistoryAnnotation];
    annotations[revisionHistoryAnnotation] = history === undefined ? String(before) : `${history},${before}`;
  }
  return annotations;
}

function newReplicaSet(deployment: Deployment, replicas: number, revision: number, collisionCount: number): ReplicaSet {
  const hash = templateHash(deployment.spec.template, collisionCount);
  const template = withHash(deployment.spec.template, hash);
  const { name, namespace } = deployment.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name ?? ''}-${hash}`,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...template.metadata?.labels },
      annotations: {
        ...copiedAnnotations(deployment),
        ...sizeAnnotations(deployment),
        [revisionAnnotation]: String(revision),
      },
      ownerReferences: [controllerReference({ ...deployment, apiVersion: 'apps/v1', kind: 'Deployment' })],
    },
    spec: {
      replicas,
      ...(deployment.spec.minReadySeconds === undefined ? {} : { minReadySeconds: deployment.spec.minReadySeconds }),
      selector: {
        ...deployment.spec.selector,
        matchLabels: { ...deployment.spec.selector.matchLabels, [podTemplateHashLabel]: hash },
      },
      template,
    },
  };
}

/** Old ReplicaSets beyond revisionHistoryLimit, oldest revisions first, only those with nothing left. */
function forgotten(deployment: Deployment, old: readonly ReplicaSet[]): ReplicaSet[] {
  const alive = old.filter((replicaSet) => replicaSet.metadata.deletionTimestamp === undefined);
  const excess = alive.length - (deployment.spec.revisionHistoryLimit ?? 10);
  if (excess <= 0) return [];
  return alive
    .sort((a, b) => revisionOf(a) - revisionOf(b))
    .slice(0, excess)
    .filter(
      ({ spec, status, metadata }) =>
        spec.replicas === 0 &&
        (status?.replicas ?? 0) === 0 &&
        (metadata.generation ?? 0) <= (status?.observedGeneration ?? 0),
    );
}
