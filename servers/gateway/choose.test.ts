import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseForClient, chooseTarget, connectionsBeforeWaking, type Load } from './choose.ts';
import type { Target } from './routes.ts';

const targets: readonly Target[] = [1, 2, 3].map((host) => ({ address: `127.20.0.${host}`, port: 80, pod: undefined }));
const loads =
  (...list: readonly Load[]) =>
  (target: Target): Load =>
    list[targets.indexOf(target)] ?? { open: 0, isAwake: true };
const awake = (open: number): Load => ({ open, isAwake: true });
const asleep = (open = 0): Load => ({ open, isAwake: false });
const chosen = (load: (target: Target) => Load, turn = 0): string | undefined =>
  chooseTarget(targets, load, turn)?.address;

test('the awake target with the fewest connections is chosen, ties in turn', () => {
  assert.equal(chosen(loads(awake(3), awake(1), awake(2))), '127.20.0.2');
  assert.deepEqual(
    [0, 1, 2, 3].map((turn) => chosen(loads(awake(1), awake(1), awake(5)), turn)),
    ['127.20.0.1', '127.20.0.2', '127.20.0.1', '127.20.0.2'],
  );
});

test('a sleeping target is left asleep until the awake ones are busy', () => {
  assert.equal(chosen(loads(asleep(), awake(connectionsBeforeWaking - 1), asleep()), 7), '127.20.0.2');
  assert.equal(chosen(loads(asleep(), awake(connectionsBeforeWaking), awake(connectionsBeforeWaking))), '127.20.0.1');
});

test('a burst at a sleeping service wakes one target, not all', () => {
  assert.equal(chosen(loads(asleep(), asleep(1), asleep()), 5), '127.20.0.2');
});

test('nothing is chosen when there is nothing to choose', () => {
  assert.equal(
    chooseTarget([], () => awake(0), 3),
    undefined,
  );
  assert.equal(chooseForClient([], '127.0.0.1'), undefined);
});

test('a client keeps its target when another one goes, and clients spread', () => {
  const clients = Array.from({ length: 60 }, (_, index) => `10.0.0.${index}`);
  const met = clients.map((client) => chooseForClient(targets, client)?.address);
  for (const { address } of targets) assert.ok(met.filter((one) => one === address).length > 5);
  const without = targets.slice(0, 2);
  clients.forEach((client, index) => {
    if (met[index] !== targets[2]?.address) assert.equal(chooseForClient(without, client)?.address, met[index]);
  });
});
