import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseNativeTargets } from './native-targets.ts';

test('targets are a list with commas', () => {
  assert.deepEqual(parseNativeTargets('hvt'), ['hvt']);
  assert.deepEqual(parseNativeTargets('virtio,process'), ['virtio', 'process']);
});

const refused: readonly (readonly [string, string, string])[] = [
  ['proces', 'there is no target "proces"', 'Did you mean process?'],
  ['xen', 'there is no target "xen"', 'Targets are process, hvt and virtio.'],
  ['', 'there is no target ""', 'Targets are process, hvt and virtio.'],
  ['hvt,', 'there is no target ""', 'Targets are process, hvt and virtio.'],
  ['hvt,process,hvt', '--target: hvt is named twice', 'Name each target once.'],
  [
    'node',
    'every image runs under the node target; it has no executable of its own',
    'Targets are process, hvt and virtio.',
  ],
];

for (const [text, message, advice] of refused) {
  test(`"${text}" is refused`, () => assert.throws(() => parseNativeTargets(text), { message, advice, status: 2 }));
}
