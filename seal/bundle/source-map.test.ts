import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setPlaces, withOwnPlaces } from '@diatom/libos/js/runtime/places.ts';
import { PlaceFinder } from './source-map.ts';

/** Generated 1:1 → a.ts 1:1, 1:11 → a.ts 41:5, 3:1 → b.ts 2:1. */
const map = { sources: ['a.ts', 'b.ts'], names: [], mappings: 'AAAA,UAwCI;;ACvCJ' };

test('a place of the bundle is found in its source', () => {
  const finder = new PlaceFinder(map);
  assert.deepEqual(finder.find(1, 1), { file: 'a.ts', line: 1, column: 1 });
  assert.deepEqual(finder.find(1, 10), { file: 'a.ts', line: 1, column: 1 });
  assert.deepEqual(finder.find(1, 400), { file: 'a.ts', line: 41, column: 5 });
  assert.equal(finder.find(2, 1), undefined);
  assert.deepEqual(finder.find(3, 7), { file: 'b.ts', line: 2, column: 1 });
  assert.equal(finder.find(9, 1), undefined);
});

test('an image tells lines from the smaller table', () => {
  setPlaces({ files: map.sources, mappings: new PlaceFinder(map).lineMappings() });
  assert.equal(withOwnPlaces('at f (app.js:1:3) at app.js:1:12'), 'at f (a.ts:1) at a.ts:41');
  assert.equal(withOwnPlaces('at g (app.js:3:1)'), 'at g (b.ts:2)');
  assert.equal(withOwnPlaces('at h (app.js:9:1), other.js:1:1'), 'at h (app.js:9:1), other.js:1:1');
});
