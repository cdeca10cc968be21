import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Deployment, ReplicaSet } from '@diatom/sdk';
import { seededRandom } from '@diatom/sdk/testing';
import { availableReplicas, fenceposts, maxUnavailable, specReplicas, sum } from './replicas.ts';
import { isScaling, rollingStep, type Sizes, scaleStep } from './rollout.ts';

function deployment(replicas: number, surge: number | string, unavailable: number | string): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'd' },
    spec: {
      replicas,
      selector: {},
      template: { spec: { containers: [] } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: surge, maxUnavailable: unavailable } },
    },
  };
}

/** `[spec.replicas, status.availableReplicas]`; the age follows the name. */
function replicaSet(
  name: string,
  [size, available]: readonly [number, number],
  desired?: number,
  max?: number,
): ReplicaSet {
  const annotations = {
    ...(desired === undefined ? {} : { 'deployment.kubernetes.io/desired-replicas': String(desired) }),
    ...(max === undefined ? {} : { 'deployment.kubernetes.io/max-replicas': String(max) }),
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name, creationTimestamp: `2026-01-01T00:00:0${name.length}Z`, annotations },
    spec: { replicas: size, selector: {}, template: { spec: { containers: [] } } },
    status: { replicas: size, availableReplicas: available },
  };
}

const plain = (sizes: Sizes) => Object.fromEntries(sizes);

type Pair = readonly [number, number];

/** desired, surge, unavailable, old ReplicaSets, new ReplicaSet → sizes. */
const rollingSteps: readonly (readonly [number, number | string, number | string, readonly Pair[], Pair, object])[] = [
  [4, 1, 1, [[4, 4]], [0, 0], { n: 1 }],
  [4, 1, 1, [[4, 4]], [1, 0], { o: 3 }],
  [4, 1, 1, [[3, 3]], [1, 0], { n: 2 }],
  [4, 1, 1, [[3, 3]], [2, 0], {}],
  [4, 1, 1, [[3, 3]], [2, 2], { o: 1 }],
  [4, 0, 1, [[4, 4]], [0, 0], { o: 3 }],
  [4, 1, 0, [[4, 4]], [1, 0], {}],
  [4, 1, 0, [[4, 4]], [1, 1], { o: 3 }],
  [4, '25%', '25%', [[4, 4]], [0, 0], { n: 1 }],
  [10, '25%', '25%', [[10, 10]], [0, 0], { n: 3 }],
  [10, '25%', '25%', [[10, 10]], [3, 0], { o: 8 }],
  // Pods that serve nobody go first, however many there are.
  [4, 1, 1, [[4, 0]], [1, 0], { o: 3 }],
  [4, 0, 0, [[4, 4]], [0, 0], { o: 3 }],
  [2, 1, 0, [[0, 0]], [5, 5], { n: 2 }],
  [4, 1, 1, [[0, 0]], [4, 4], {}],
];

for (const [desired, surge, unavailable, old, current, expected] of rollingSteps) {
  const table = `${desired} wanted, surge ${surge}, unavailable ${unavailable}, old ${JSON.stringify(old)}, new ${current}`;
  test(`rolling update: ${table} → ${JSON.stringify(expected)}`, () => {
    const olds = old.map((pair, index) => replicaSet('o'.repeat(index + 1), pair));
    const sizes = rollingStep(deployment(desired, surge, unavailable), replicaSet('n', current), olds);
    assert.deepEqual(plain(sizes), expected);
  });
}

test('scaling one ReplicaSet sets it to what is wanted', () => {
  assert.deepEqual(plain(scaleStep(deployment(7, 1, 1), replicaSet('n', [4, 4], 4), [])), { n: 7 });
});

test('scaling in the middle of a rollout keeps the shares', () => {
  const scaled = deployment(20, 0, 1);
  const old = replicaSet('o', [5, 5], 10, 10);
  assert.deepEqual(plain(scaleStep(scaled, replicaSet('nn', [5, 5], 10, 10), [old])), { nn: 10, o: 10 });
  assert.deepEqual(plain(scaleStep(deployment(5, 0, 1), replicaSet('nn', [5, 5], 10, 10), [old])), { nn: 3, o: 2 });
});

test('a change of spec.replicas is noticed by the size the ReplicaSets were made for', () => {
  assert.equal(isScaling(deployment(5, 1, 1), [replicaSet('n', [4, 4], 4)]), true);
  assert.equal(isScaling(deployment(4, 1, 1), [replicaSet('n', [4, 4], 4)]), false);
});

test('no step of a rolling update goes over the surge or takes more availability than allowed', () => {
  const random = seededRandom(20_260_101);
  for (let round = 0; round < 20_000; round += 1) {
    const unit = random.chance(0.5) ? '%' : '';
    const limit = () => (unit === '%' ? `${random.below(101)}%` : random.below(6));
    const world = deployment(random.below(12), limit(), limit());
    const pair = (): Pair => {
      const size = random.below(10);
      return [size, random.below(size + 1)];
    };
    const current = replicaSet('n', pair());
    const old = Array.from({ length: random.below(4) }, (_, index) => replicaSet('o'.repeat(index + 1), pair()));
    const all = [...old, current];
    const sizes = rollingStep(world, current, old);
    const sizeOf = (each: ReplicaSet): number => sizes.get(each.metadata.name ?? '') ?? specReplicas(each);
    const context = `SEED=${random.seed} round ${round}: ${JSON.stringify({ spec: world.spec, sizes: plain(sizes) })}`;
    const desired = world.spec.replicas ?? 0;
    const before = sum(all, specReplicas);
    assert.ok(sum(all, sizeOf) <= Math.max(before, desired + fenceposts(world).maxSurge), context);
    // A ReplicaSet gives up pods that are not available first.
    const availableAfter = sum(all, (each) => Math.min(availableReplicas(each), sizeOf(each)));
    const surplus = Math.max(0, specReplicas(current) - desired);
    const floor = Math.min(sum(all, availableReplicas) - surplus, desired - maxUnavailable(world));
    assert.ok(availableAfter >= floor, `${availableAfter} < ${floor}: ${context}`);
    for (const each of all) assert.ok(sizeOf(each) >= 0, context);
  }
});
