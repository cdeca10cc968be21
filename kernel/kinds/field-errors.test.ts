import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quote } from './field-errors.ts';

test('a value is shown as Go shows it: objects as JSON that is safe within HTML, texts in quotes', () => {
  assert.equal(quote({ rule: 'a > b && c' }), '{"rule":"a \\u003e b \\u0026\\u0026 c"}');
  assert.equal(quote('a > b'), '"a > b"');
  assert.equal(quote(undefined), 'null');
});
