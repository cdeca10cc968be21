/** The one-pass liveness of the allocator against the textbook fixed point, on random nests of loops. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '../decode/decode.ts';
import { buildFunction } from '../ir/build.ts';
import type { Block, IrFunction, Value } from '../ir/ir.ts';
import { distinctEdges, simplify } from '../ir/simplify.ts';
import { assemble } from '../testing/assemble.ts';
import { type ConstraintRules, constraints } from './constraints.ts';
import { buildIntervals } from './intervals.ts';

const anything = constraints({});
const rules: ConstraintRules = {
  instruction: () => anything,
  terminator: () => anything,
  parameterRegisters: () => [],
};

const variables = (values: readonly Value[]) => values.filter((value) => value.constant === undefined);

function liveIn(fn: IrFunction): ReadonlyMap<Block, ReadonlySet<Value>> {
  const live = new Map<Block, Set<Value>>(fn.blocks.map((block) => [block, new Set()]));
  for (let changed = true; changed; ) {
    changed = false;
    for (const block of fn.blocks) {
      const now = new Set<Value>();
      for (const edge of distinctEdges(block.terminator)) {
        for (const value of live.get(edge.target) ?? []) now.add(value);
        for (const value of variables(edge.arguments)) now.add(value);
      }
      for (const value of variables(block.terminator.inputs)) now.add(value);
      for (const instruction of [...block.instructions].reverse()) {
        for (const value of instruction.results) now.delete(value);
        for (const value of variables(instruction.inputs)) now.add(value);
      }
      for (const value of block.parameters) now.delete(value);
      if (now.size !== live.get(block)?.size) {
        live.set(block, now);
        changed = true;
      }
    }
  }
  return live;
}

function check(fn: IrFunction): number {
  const { intervals, spans } = buildIntervals(fn, rules);
  const live = liveIn(fn);
  let checks = 0;
  for (const block of fn.blocks) {
    for (const value of live.get(block) ?? []) {
      assert.ok(
        intervals.get(value.id)?.covers(spans.get(block)?.from ?? -1),
        `value ${value.id} into block ${block.id}`,
      );
      checks += 1;
    }
    for (const edge of distinctEdges(block.terminator)) {
      for (const value of [...(live.get(edge.target) ?? []), ...variables(edge.arguments)]) {
        const end = (spans.get(block)?.to ?? 0) - 1;
        assert.ok(intervals.get(value.id)?.covers(end), `value ${value.id} out of block ${block.id}`);
        checks += 1;
      }
    }
  }
  return checks;
}

const localCount = 6;

/** Random statements over locals: assignments, blocks, loops, conditions and branches to any label around. */
function statements(random: (below: number) => number, depth: number, labels: number): string {
  const local = () => `(local.get ${random(localCount)})`;
  return Array.from({ length: 1 + random(4) }, (): string => {
    const kind = random(depth > 4 ? 3 : 7);
    if (kind < 2) return `(local.set ${random(localCount)} (i32.add ${local()} ${local()}))`;
    if (kind === 2) return labels === 0 ? '(nop)' : `(br_if ${random(labels)} ${local()})`;
    if (kind === 3) return `(block ${statements(random, depth + 1, labels + 1)})`;
    if (kind === 4)
      return `(if ${local()} (then ${statements(random, depth + 1, labels + 1)} (br ${random(labels + 1)})))`;
    return `(loop ${statements(random, depth + 1, labels + 1)})`;
  }).join('\n');
}

test('every value is live wherever some way leads to a use', () => {
  let checks = 0;
  for (let seed = 1; seed <= 150; seed += 1) {
    let state = seed;
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % below;
    };
    const parameters = Array.from({ length: localCount }, () => 'i32').join(' ');
    const text = `(module (func (param ${parameters}) (result i32) ${statements(random, 0, 0)} (local.get 0)))`;
    const module = decode(assemble(text));
    const [fn] = module.functions;
    if (fn?.kind !== 'defined') continue;
    const ir = buildFunction(module, fn);
    simplify(ir);
    try {
      checks += check(ir);
    } catch (error) {
      throw new Error(`seed ${seed}: ${text}`, { cause: error });
    }
  }
  assert.ok(checks > 5_000, `only ${checks} checks`);
});
