/** The checker itself: it accepts what the allocator makes of real programs, and finds what is broken on purpose. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { compileModule } from '../compile.ts';
import { decode } from '../decode/decode.ts';
import type { DecodedModule } from '../decode/module.ts';
import { buildFunction } from '../ir/build.ts';
import { simplify } from '../ir/simplify.ts';
import { bindingsOf } from '../link/bindings.ts';
import { libraryOs } from '../link/guest.ts';
import { assemble } from '../testing/assemble.ts';
import { driverModule } from '../testing/native-run.ts';
import { withStubbedImports } from '../testing/stub-imports.ts';
import { type Allocation, allocate } from './allocate.ts';
import { checkAllocation } from './check-allocation.ts';
import { type ConstraintRules, constraints } from './constraints.ts';
import type { Interval } from './intervals.ts';
import { legalize } from './legalize.ts';
import type { Move } from './locations.ts';
import { callerSaved } from './registers.ts';
import { type ResolvedMoves, resolveMoves } from './resolve.ts';

/** Every function of the module is compiled and proven; imports are stubs, since nothing is run. */
function prove(module: DecodedModule): number {
  const image = compileModule(driverModule(withStubbedImports(module), [], 2), {
    flavour: 'linux',
    entry: 'seal:run-cases',
    check: true,
  });
  return image.functions.length;
}

test('QuickJS', () => {
  const found = createRequire(import.meta.url).resolve('@jitl/quickjs-ng-wasmfile-release-sync/wasm');
  assert.ok(prove(decode(readFileSync(found))) > 1000);
});

test('the library operating system and its bindings', async () => {
  for (const wasm of await Promise.all([libraryOs(64 << 20), bindingsOf('process')]))
    assert.ok(prove(decode(wasm)) > 20);
});

const types = Array.from({ length: 24 }, () => 'i64').join(' ');
const sum = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => index + from).reduce(
    (text, index) => `(i64.add ${text} (i64.mul (local.get ${index % 24}) (local.get ${(index + 1) % 24})))`,
    '(local.get 0)',
  );
const pressing = `(module (func $f (param i64) (result i64) (local.get 0)) (func (param ${types}) (result i64)
  (loop $again
    (local.set 3 ${sum(1, 22)})
    (if (i64.eqz (local.get 4)) (then (local.set 5 (call $f ${sum(5, 12)}))) (else (local.set 6 ${sum(9, 14)})))
    (br_if $again (i64.eqz (local.tee 7 ${sum(2, 20)}))))
  ${sum(0, 24)}))`;

const operation = constraints({ uses: ['any', 'late-any'] });
const call = constraints({ uses: ['any'], result: 'any', clobbers: callerSaved });
const rules: ConstraintRules = {
  instruction: ({ kind }) => (kind === 'call' ? call : operation),
  terminator: () => operation,
  parameterRegisters: () => [],
};

function pieces(allocation: Allocation): readonly Interval[] {
  const all: Interval[] = [];
  for (const first of allocation.live.intervals.values()) {
    for (let piece: Interval | undefined = first; piece !== undefined; piece = piece.next) all.push(piece);
  }
  return all;
}

function allocated() {
  const module = decode(assemble(pressing));
  const fn = module.functions[1];
  assert.equal(fn?.kind, 'defined');
  const ir = buildFunction(module, fn);
  simplify(ir);
  legalize(ir, rules);
  return { ir, allocation: allocate(ir, rules) };
}

test('an allocation as it is made passes', () => {
  const { ir, allocation } = allocated();
  assert.ok(allocation.slotCount > 4);
  checkAllocation(ir, rules, allocation, resolveMoves(ir, allocation));
});

test('two values in one register are found wherever they are put', () => {
  const { ir, allocation } = allocated();
  let tried = 0;
  for (const piece of pieces(allocation)) {
    const rival = pieces(allocation).find(
      (candidate) =>
        candidate.register !== undefined &&
        candidate.register !== piece.register &&
        candidate.value !== piece.value &&
        candidate.firstIntersection(piece) < Number.POSITIVE_INFINITY,
    );
    if (piece.register === undefined || rival?.register === undefined) continue;
    const right = piece.register;
    piece.register = rival.register;
    const moves = resolveMoves(ir, allocation);
    assert.throws(() => checkAllocation(ir, rules, allocation, moves), /allocation of/, `value ${piece.value.id}`);
    piece.register = right;
    tried += 1;
  }
  assert.ok(tried > 50, `only ${tried} tried`);
});

test('a move that is left out is found', () => {
  const { ir, allocation } = allocated();
  const moves = resolveMoves(ir, allocation);
  let tried = 0;
  const leaveOut = <Place>(
    places: ReadonlyMap<Place, readonly Move[]>,
    replace: (broken: typeof places) => ResolvedMoves,
  ) => {
    for (const [place, list] of places) {
      for (const left of list) {
        const broken = new Map(places).set(
          place,
          list.filter((move) => move !== left),
        );
        assert.throws(() => checkAllocation(ir, rules, allocation, replace(broken)), /allocation of/);
        tried += 1;
      }
    }
  };
  leaveOut(moves.gaps, (gaps) => ({ ...moves, gaps }));
  leaveOut(moves.starts, (starts) => ({ ...moves, starts }));
  leaveOut(moves.ends, (ends) => ({ ...moves, ends }));
  assert.ok(tried > 5, `only ${tried} tried`);
});
