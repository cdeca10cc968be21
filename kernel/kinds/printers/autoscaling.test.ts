import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scalingTargets } from './autoscaling.ts';

const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } };
const memory = {
  type: 'Resource',
  resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Mi' } },
};
const queue = { type: 'External', external: { metric: { name: 'q' }, target: { type: 'Value', value: '30' } } };

test('targets of an autoscaler: what is seen / what is wanted, two of them', () => {
  assert.equal(scalingTargets({ spec: {} }), '<none>');
  assert.equal(scalingTargets({ spec: { metrics: [cpu] } }), 'cpu: <unknown>/50%');
  const seen = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 12, averageValue: '3m' } } };
  assert.equal(
    scalingTargets({ spec: { metrics: [cpu, memory] }, status: { currentMetrics: [seen] } }),
    'cpu: 12%/50%, memory: <unknown>/1Mi',
  );
  assert.equal(
    scalingTargets({ spec: { metrics: [queue, cpu, memory] } }),
    '<unknown>/30, cpu: <unknown>/50% + 1 more...',
  );
});
