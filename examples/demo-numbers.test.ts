import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Column, tableOf } from './demo-numbers.ts';

const column: Column = {
  image_bytes: 3 * 2 ** 20,
  apply_to_ready_ms: 150,
  cold_first_byte_ms: [9, 2, 3],
  warm_p50_ms: 0.5,
  idle_memory_kb: 3000,
  requests: 70_000,
  failed: 0,
  scaled_to_zero: true,
};

test('the demo shows both targets side by side', () => {
  const table = tableOf({ ...column, build_ms: 900, cell_ready_ms: 600, hvt: { ...column, cold_first_byte_ms: [7] } });
  assert.match(table, /^first byte from zero, p50 +3\.00 ms +7\.00 ms$/m);
  assert.match(table, /^requests under load +70000 +70000$/m);
});

test('where there is no KVM its column is empty and the reason stands below', () => {
  const table = tableOf({ ...column, build_ms: 900, cell_ready_ms: 600, hvt: { missing: 'there is no /dev/kvm' } });
  assert.match(table, /^first byte from zero, p50 +3\.00 ms +-\n/m);
  assert.match(table, /\n\nNo virtual machine: there is no \/dev\/kvm$/);
});

test('memory that the machine does not tell is not zero', () => {
  const table = tableOf({ ...column, idle_memory_kb: null, build_ms: 900, cell_ready_ms: 600, hvt: { missing: 'x' } });
  assert.match(table, /^memory of an idle instance +not readable +-$/m);
});
