/** Signals that nobody wants any more are gone. In the engine, which counts references, that is seen at once. */

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { type Engine, startEngine } from './engine.ts';

let engine: Engine;

before(async () => {
  engine = await startEngine();
});

const cases: readonly (readonly [what: string, code: string, expected: string])[] = [
  [
    'a timeout signal that nobody holds is gone before its time',
    `const make = () => new WeakRef(AbortSignal.timeout(1e6)); const r = make(); await null; return r.deref() === undefined`,
    'true',
  ],
  [
    'a timeout signal that somebody listens to stays and fires',
    `let reason; const make = () => { AbortSignal.timeout(5).addEventListener('abort', (e) => { reason = e.target.reason.name; }); }; make(); await new Promise((r) => setTimeout(r, 20)); return reason`,
    '"TimeoutError"',
  ],
  [
    'a signal of any() that nobody holds is gone while its source lives',
    `const c = new AbortController(); const make = () => new WeakRef(AbortSignal.any([c.signal])); const r = make(); await null; return r.deref() === undefined`,
    'true',
  ],
  [
    'a signal of any() that somebody listens to stays and fires',
    `let hit = 0; const c = new AbortController(); const make = () => AbortSignal.any([c.signal]).addEventListener('abort', () => hit++); make(); await null; c.abort(); return hit`,
    '1',
  ],
  [
    'a signal is gone once its last listener is',
    `const c = new AbortController(); const f = () => {}; const make = () => { const s = AbortSignal.any([c.signal]); s.addEventListener('abort', f); return s; }; let s = make(); const r = new WeakRef(s); s.removeEventListener('abort', f); s = null; await null; return r.deref() === undefined`,
    'true',
  ],
  [
    'onabort counts as a listener',
    `let hit = 0; const c = new AbortController(); const make = () => { AbortSignal.any([c.signal]).onabort = () => hit++; }; make(); await null; c.abort(); return hit`,
    '1',
  ],
];

for (const [what, code, expected] of cases) {
  test(what, async () => {
    assert.equal(await engine.run(code), expected);
  });
}
