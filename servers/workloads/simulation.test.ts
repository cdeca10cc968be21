import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Deployment, isPodActive, isPodReady, type Pod, type ReplicaSet } from '@diatom/sdk';
import { type Random, seededRandom } from '@diatom/sdk/testing';
import { plan } from './deployments/plan.ts';
import { desiredReplicas, fenceposts, maxUnavailable, revisionAnnotation } from './deployments/replicas.ts';
import { planReplicas, planStatus } from './replicasets/plan.ts';

/** A cell in memory: what the API holds, and the four parties that change it, each one step at a time. */
class World {
  deployment: Deployment;
  readonly replicaSets = new Map<string, ReplicaSet>();
  readonly pods = new Map<string, Pod>();
  readonly random: Random;
  nowMs = Date.UTC(2026, 0, 1);
  #serial = 0;

  constructor(random: Random, deployment: Deployment) {
    this.random = random;
    this.deployment = deployment;
  }

  stepDeployments(): boolean {
    const before = JSON.stringify([this.deployment, [...this.replicaSets.values()]]);
    const { actions, status } = plan(
      this.deployment,
      [...this.replicaSets.values()],
      [...this.pods.values()],
      this.deployment.status?.collisionCount ?? 0,
      this.nowMs,
    );
    for (const action of actions) {
      switch (action.kind) {
        case 'create': {
          const { metadata } = action.replicaSet;
          const name = metadata.name ?? '';
          assert.ok(!this.replicaSets.has(name), `ReplicaSet ${name} was created twice`);
          const creationTimestamp = new Date(this.nowMs).toISOString();
          const created = { ...metadata, uid: `uid of ${name}`, generation: 1, creationTimestamp };
          this.replicaSets.set(name, { ...action.replicaSet, metadata: created });
          break;
        }
        case 'update': {
          const { replicaSet, replicas, annotations, minReadySeconds } = action;
          this.replicaSets.set(replicaSet.metadata.name ?? '', {
            ...replicaSet,
            metadata: {
              ...replicaSet.metadata,
              generation: (replicaSet.metadata.generation ?? 0) + 1,
              annotations: { ...replicaSet.metadata.annotations, ...annotations },
            },
            spec: { ...replicaSet.spec, replicas, minReadySeconds },
          });
          break;
        }
        case 'delete': {
          const { name = '', uid } = action.replicaSet.metadata;
          this.replicaSets.delete(name);
          // The collector's part.
          for (const [podName, pod] of this.pods) {
            if (pod.metadata.ownerReferences?.[0]?.uid === uid) this.pods.delete(podName);
          }
          break;
        }
        case 'note-revision':
          this.deployment = {
            ...this.deployment,
            metadata: { ...this.deployment.metadata, annotations: { [revisionAnnotation]: String(action.revision) } },
          };
          break;
      }
    }
    this.deployment = { ...this.deployment, status };
    return before !== JSON.stringify([this.deployment, [...this.replicaSets.values()]]);
  }

  stepReplicaSet(name: string): boolean {
    const replicaSet = this.replicaSets.get(name);
    if (replicaSet === undefined) return false;
    const owned = (): Pod[] =>
      [...this.pods.values()].filter((pod) => pod.metadata.ownerReferences?.[0]?.uid === replicaSet.metadata.uid);
    const active = owned().filter(isPodActive);
    const { createCount, deletions } = planReplicas(replicaSet, active, active);
    for (let count = 0; count < createCount; count += 1) {
      this.#serial += 1;
      const podName = `${name}-${this.#serial}`;
      const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: replicaSet.metadata.uid ?? '' };
      this.pods.set(podName, {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: podName, uid: podName, ownerReferences: [{ ...owner, controller: true }] },
        spec: replicaSet.spec.template.spec,
      });
    }
    for (const { metadata } of deletions) {
      const pod = this.pods.get(metadata.name ?? '');
      if (pod === undefined) continue;
      const deletionTimestamp = new Date(this.nowMs).toISOString();
      this.pods.set(metadata.name ?? '', { ...pod, metadata: { ...pod.metadata, deletionTimestamp } });
    }
    const { status } = planStatus(replicaSet, owned(), undefined, this.nowMs);
    this.replicaSets.set(name, { ...replicaSet, status });
    return createCount + deletions.length > 0 || JSON.stringify(status) !== JSON.stringify(replicaSet.status);
  }

  stepKubelet(): boolean {
    const pod = this.random.pick(
      [...this.pods.values()].filter((each) => each.metadata.deletionTimestamp !== undefined || !isPodReady(each)),
    );
    if (pod === undefined) return false;
    const name = pod.metadata.name ?? '';
    if (pod.metadata.deletionTimestamp !== undefined || pod.status?.phase === 'Failed') this.pods.delete(name);
    else this.#setStatus(pod, 'Running', 'True');
    return true;
  }

  fault(): void {
    const pod = this.random.pick([...this.pods.values()]);
    if (pod === undefined) return;
    switch (this.random.below(3)) {
      case 0:
        this.#setStatus(pod, 'Failed', 'False');
        break;
      case 1:
        this.#setStatus(pod, 'Running', 'False');
        break;
      case 2:
        this.pods.delete(pod.metadata.name ?? '');
        break;
    }
  }

  #setStatus(pod: Pod, phase: 'Running' | 'Failed', ready: 'True' | 'False'): void {
    const lastTransitionTime = new Date(this.nowMs).toISOString();
    const status = { phase, conditions: [{ type: 'Ready', status: ready, lastTransitionTime }] };
    this.pods.set(pod.metadata.name ?? '', { ...pod, status });
  }

  change(): void {
    const { spec } = this.deployment;
    const image = this.random.chance(0.5) ? `image:${this.random.below(3)}` : spec.template.spec.containers[0]?.image;
    const replicas = this.random.chance(0.5) ? this.random.below(9) : (spec.replicas ?? 1);
    this.deployment = {
      ...this.deployment,
      metadata: { ...this.deployment.metadata, generation: (this.deployment.metadata.generation ?? 0) + 1 },
      spec: {
        ...spec,
        replicas,
        template: { spec: { containers: [{ name: 'c', ...(image === undefined ? {} : { image }) }] } },
      },
    };
  }

  /** Everybody steps, in random order, until nobody has anything to do. */
  settle(check: () => void = () => {}): void {
    for (let round = 0; round < 2_000; round += 1) {
      this.nowMs += 1_000;
      const parties = [() => this.stepDeployments(), () => this.stepKubelet()];
      for (const name of this.replicaSets.keys()) parties.push(() => this.stepReplicaSet(name));
      let hasMoved = false;
      while (parties.length > 0) {
        const [party] = parties.splice(this.random.below(parties.length), 1);
        if (party?.() === true) hasMoved = true;
        check();
      }
      if (!hasMoved) return;
    }
    throw new Error('it never comes to rest');
  }
}

function newDeployment(random: Random): Deployment {
  const isRecreate = random.chance(0.2);
  const limit = () => (random.chance(0.5) ? `${random.below(101)}%` : random.below(4));
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd', uid: 'uid of d', generation: 1 },
    spec: {
      replicas: random.below(9),
      revisionHistoryLimit: random.below(3),
      selector: { matchLabels: { app: 'd' } },
      template: { spec: { containers: [{ name: 'c', image: 'image:0' }] } },
      strategy: isRecreate
        ? { type: 'Recreate' }
        : { type: 'RollingUpdate', rollingUpdate: { maxSurge: limit(), maxUnavailable: limit() } },
    },
  };
}

function assertConverged(world: World, context: string): void {
  const desired = desiredReplicas(world.deployment);
  const pods = [...world.pods.values()];
  assert.equal(pods.length, desired, context);
  const image = world.deployment.spec.template.spec.containers[0]?.image;
  assert.ok(
    pods.every((pod) => pod.spec.containers[0]?.image === image && isPodReady(pod)),
    context,
  );
  const { status } = world.deployment;
  assert.equal(status?.availableReplicas ?? 0, desired, context);
  assert.equal(status?.updatedReplicas ?? 0, desired, context);
  assert.equal(status?.observedGeneration, world.deployment.metadata.generation, context);
  assert.ok(world.replicaSets.size <= 1 + (world.deployment.spec.revisionHistoryLimit ?? 10), context);
}

test('a rollout without faults keeps to maxSurge and maxUnavailable at every single step', () => {
  const random = seededRandom(1);
  for (let round = 0; round < 150; round += 1) {
    const world = new World(random, newDeployment(random));
    world.settle();
    const context = `SEED=${random.seed} round ${round}: ${JSON.stringify(world.deployment.spec)}`;
    assertConverged(world, context);
    const container = { name: 'c', image: 'image:new' };
    const { spec, metadata } = world.deployment;
    world.deployment = {
      ...world.deployment,
      metadata: { ...metadata, generation: (metadata.generation ?? 0) + 1 },
      spec: { ...spec, template: { spec: { containers: [container] } } },
    };
    const desired = desiredReplicas(world.deployment);
    world.settle(() => {
      const active = [...world.pods.values()].filter(isPodActive);
      assert.ok(active.length <= desired + fenceposts(world.deployment).maxSurge, `${active.length} pods: ${context}`);
      if (spec.strategy?.type === 'Recreate') {
        assert.ok(new Set([...world.pods.values()].map((pod) => pod.spec.containers[0]?.image)).size <= 1, context);
      } else {
        const ready = active.filter(isPodReady).length;
        assert.ok(ready >= desired - maxUnavailable(world.deployment), `${ready} ready: ${context}`);
      }
    });
    assertConverged(world, context);
  }
});

test('whatever fails and changes meanwhile, in the end there is what was asked for', () => {
  const random = seededRandom(2);
  for (let round = 0; round < 150; round += 1) {
    const world = new World(random, newDeployment(random));
    for (let step = 0; step < 120; step += 1) {
      world.nowMs += 1_000;
      const dice = random.below(10);
      if (dice === 0) world.fault();
      else if (dice === 1) world.change();
      else if (dice < 5) world.stepDeployments();
      else if (dice < 8) world.stepReplicaSet(random.pick([...world.replicaSets.keys()]) ?? '');
      else world.stepKubelet();
    }
    world.settle();
    assertConverged(world, `SEED=${random.seed} round ${round}: ${JSON.stringify(world.deployment)}`);
  }
});
