import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Runtimes } from '../pod/runtime.ts';
import type { Machine } from './machine.ts';
import { type NodeFacts, nodeLabelChanges, nodeObject, nodeStatus } from './node-object.ts';

const machine: Machine = {
  cpuCount: 2,
  memoryBytes: 8 * 2 ** 30,
  availableMemoryBytes: 4 * 2 ** 30,
  diskBytes: 100,
  availableDiskBytes: 50,
  processCount: 10,
  mostProcesses: 1000,
  bootId: 'b',
  machineId: 'm',
  kernelVersion: '6',
  operatingSystem: 'Linux',
};

const facts = (runtimes: Runtimes): NodeFacts => ({
  name: 'here',
  addressRange: 20,
  hostIP: '127.0.0.1',
  logPort: 1,
  runtimes,
  machine,
  tenderProblem: undefined,
});

const works = facts({ kind: 'process', hvtProblem: undefined });
const broken = facts({ kind: 'process', hvtProblem: '/dev/kvm is not there' });

const now = '2026-01-01T00:00:00Z';
const hvtOf = (of: NodeFacts) =>
  nodeStatus(of, undefined, now)?.conditions?.find(({ type }) => type === 'HvtAvailable');
const handlersOf = (of: NodeFacts) => nodeStatus(of, undefined, now)?.runtimeHandlers?.map(({ name }) => name);

test('a node that runs virtual machines has the label that their RuntimeClass selects', () => {
  assert.equal(nodeObject(works).metadata.labels?.['diatom.dev/hvt'], 'true');
  assert.deepEqual(handlersOf(works), ['', 'process', 'hvt']);
  assert.equal(hvtOf(works)?.status, 'True');
});

test('a node that lost its KVM loses the label and says why', () => {
  assert.equal(nodeLabelChanges(broken)['diatom.dev/hvt'], null);
  assert.equal('diatom.dev/hvt' in (nodeObject(broken).metadata.labels ?? {}), false);
  assert.deepEqual(handlersOf(broken), ['', 'process']);
  assert.deepEqual([hvtOf(broken)?.status, hvtOf(broken)?.message], ['False', '/dev/kvm is not there']);
});

test('a node for debugging runs everything in V8', () => {
  assert.deepEqual(handlersOf(facts({ kind: 'node' })), ['', 'node']);
  assert.equal(hvtOf(facts({ kind: 'node' })), undefined);
});
