/**
 * Linear scan with interval splitting (Wimmer & Mössenböck, "Optimized Interval Splitting in a Linear Scan Register
 * Allocator", VEE 2005). A value that is spilled anywhere is stored once, right after its definition, so that dropping it
 * from a register later costs nothing and may happen at any position; only reloads need a gap. Afterwards both is looked at
 * again: which values a loop had better find in their slots (demote.ts), which had better be stored later (late-stores.ts).
 */
import type { IrFunction, Value } from '../ir/ir.ts';
import type { ConstraintRules } from './constraints.ts';
import { demoteInLoops } from './demote.ts';
import { buildIntervals, type Interval, type LiveRanges, stepsPerInstruction } from './intervals.ts';
import { chooseLateStores } from './late-stores.ts';
import { allocatableFloats, allocatableGeneral, isFloatRegister, isFloatType } from './registers.ts';

export interface Allocation {
  readonly live: LiveRanges;
  /** Spill slot by value id: its first word of 8 bytes. Vectors have two. */
  readonly slots: ReadonlyMap<number, number>;
  /** Values that are stored where they leave their register, all others right after their definition. */
  readonly storedLate: ReadonlySet<number>;
  /** Words of 8 bytes. */
  readonly slotCount: number;
  readonly usedRegisters: ReadonlySet<number>;
}

const infinity = Number.POSITIVE_INFINITY;
const gapBefore = (position: number) => position - (position % stepsPerInstruction);

class LinearScan {
  private readonly live: LiveRanges;
  private readonly registers: readonly number[];
  /** Descending by start, so that the next one is popped from the end. */
  private readonly unhandled: Interval[];
  private active: Interval[] = [];
  private inactive: Interval[] = [];
  readonly slots: Map<number, number>;
  readonly used: Set<number>;

  constructor(live: LiveRanges, registers: readonly number[], slots: Map<number, number>, used: Set<number>) {
    this.live = live;
    this.registers = registers;
    this.slots = slots;
    this.used = used;
    const [first = 0] = registers;
    const wantsFloat = isFloatRegister(first);
    this.unhandled = [...live.intervals.values()]
      .filter(({ value }) => isFloatType(value.type) === wantsFloat)
      .sort((a, b) => b.start - a.start || b.value.id - a.value.id);
  }

  run(): void {
    for (let current = this.unhandled.pop(); current !== undefined; current = this.unhandled.pop()) {
      this.advance(current.start);
      if (!this.tryFree(current)) this.allocateBlocked(current);
      if (current.register !== undefined) {
        this.used.add(current.register);
        this.active.push(current);
      }
    }
  }

  private advance(position: number): void {
    const active: Interval[] = [];
    const inactive: Interval[] = [];
    for (const list of [this.active, this.inactive]) {
      for (const interval of list) {
        if (interval.end <= position) continue;
        if (interval.covers(position)) active.push(interval);
        else inactive.push(interval);
      }
    }
    this.active = active;
    this.inactive = inactive;
  }

  private enqueue(interval: Interval): void {
    let low = 0;
    let high = this.unhandled.length;
    const start = interval.start;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.unhandled[middle]?.start ?? 0) > start) low = middle + 1;
      else high = middle;
    }
    this.unhandled.splice(low, 0, interval);
  }

  /** First position at which an instruction needs the register for itself while the interval is live. */
  private fixedConflict(register: number, interval: Interval): number {
    const fixed = this.live.fixed[register] ?? [];
    // Pairs are disjoint and ascending: find the first that ends behind the interval's start.
    let low = 0;
    let high = fixed.length / 2;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((fixed[middle * 2 + 1] ?? 0) <= interval.start) low = middle + 1;
      else high = middle;
    }
    let at = 0;
    for (let pair = low; pair < fixed.length / 2; pair += 1) {
      const from = fixed[pair * 2] ?? 0;
      const to = fixed[pair * 2 + 1] ?? 0;
      while (at < interval.ranges.length && (interval.ranges[at + 1] ?? 0) <= from) at += 2;
      if (at >= interval.ranges.length) return infinity;
      const rangeFrom = interval.ranges[at] ?? 0;
      if (rangeFrom < to) return Math.max(rangeFrom, from);
    }
    return infinity;
  }

  private hintedRegisters(interval: Interval): readonly number[] {
    const registers: number[] = [];
    const before = this.live.intervals.get(interval.value.id)?.register;
    if (before !== undefined) registers.push(before);
    for (const hint of this.live.hints.get(interval.value.id) ?? []) {
      const register = hint.register ?? (hint.value && this.live.intervals.get(hint.value.id)?.register);
      if (register !== undefined) registers.push(register);
    }
    return registers;
  }

  private tryFree(current: Interval): boolean {
    const freeUntil = new Map<number, number>();
    for (const register of this.registers) freeUntil.set(register, this.fixedConflict(register, current));
    for (const { register } of this.active) if (register !== undefined) freeUntil.set(register, 0);
    for (const interval of this.inactive) {
      if (interval.register === undefined) continue;
      const known = freeUntil.get(interval.register) ?? 0;
      if (known === 0) continue;
      const meets = interval.firstIntersection(current);
      if (meets < known) freeUntil.set(interval.register, meets);
    }
    const { end } = current;
    let best: number | undefined;
    let bestUntil = 0;
    for (const register of this.hintedRegisters(current)) {
      if ((freeUntil.get(register) ?? 0) >= end) {
        current.register = register;
        return true;
      }
    }
    for (const register of this.registers) {
      const until = freeUntil.get(register) ?? 0;
      if (until >= end) {
        current.register = register;
        return true;
      }
      if (until > bestUntil) {
        best = register;
        bestUntil = until;
      }
    }
    const splitAt = gapBefore(bestUntil);
    if (best === undefined || splitAt <= current.start) return false;
    // A register for a part that nobody needs in a register is not worth the moves.
    if (current.nextUse(current.start) >= splitAt) return false;
    this.enqueue(current.split(splitAt));
    current.register = best;
    return true;
  }

  private allocateBlocked(current: Interval): void {
    const firstUse = current.nextUse(current.start);
    const usedAt = new Map<number, number>();
    const blockedAt = new Map<number, number>();
    for (const register of this.registers) {
      const conflict = this.fixedConflict(register, current);
      blockedAt.set(register, conflict);
      usedAt.set(register, conflict);
    }
    const consider = (interval: Interval) => {
      const { register } = interval;
      if (register === undefined) return;
      const next = interval.nextUse(current.start);
      if (next < (usedAt.get(register) ?? 0)) usedAt.set(register, next);
    };
    for (const interval of this.active) consider(interval);
    for (const interval of this.inactive) if (interval.firstIntersection(current) < infinity) consider(interval);
    let best: number | undefined;
    let furthest = -1;
    for (const register of this.registers) {
      const at = usedAt.get(register) ?? 0;
      if (gapBefore(blockedAt.get(register) ?? 0) <= current.start) continue;
      if (at > furthest) {
        best = register;
        furthest = at;
      }
    }
    if (firstUse === infinity || best === undefined || (firstUse > furthest && firstUse > current.start)) {
      this.spill(current);
      return;
    }
    current.register = best;
    for (const interval of [...this.active, ...this.inactive]) {
      if (interval.register === best) this.evict(interval, current);
    }
    const blocked = blockedAt.get(best) ?? infinity;
    if (blocked < current.end) this.enqueue(current.split(gapBefore(blocked)));
  }

  /** Take the register of `interval` away from where `current` starts, as far as they meet. */
  private evict(interval: Interval, current: Interval): void {
    const meets = interval.firstIntersection(current);
    if (meets === infinity) return;
    this.active = this.active.filter((other) => other !== interval);
    this.inactive = this.inactive.filter((other) => other !== interval);
    if (meets <= interval.start) {
      this.spill(interval);
      return;
    }
    const rest = interval.split(meets);
    // What is left may still be in its register behind a hole.
    if (interval.end > current.start) this.inactive.push(interval);
    this.spill(rest);
  }

  /** Keep the interval in its slot up to the next instruction that must have it in a register. */
  private spill(interval: Interval): void {
    const { value } = interval;
    if (!this.slots.has(value.id)) this.slots.set(value.id, this.slots.size);
    interval.register = undefined;
    const use = interval.nextUse(interval.start);
    if (use === infinity) return;
    const reload = gapBefore(use);
    if (reload <= interval.start) {
      throw new Error(`register allocation: no register for value ${value.id} at position ${use}`);
    }
    this.enqueue(interval.split(reload));
  }
}

/** Values whose lifetimes, holes included, do not overlap share a slot. Large functions keep small frames that way. */
function shareSlots(
  live: LiveRanges,
  spilled: Iterable<number>,
): { readonly slots: ReadonlyMap<number, number>; readonly words: number } {
  const lifetimes: { readonly id: number; readonly isVector: boolean; readonly start: number; readonly end: number }[] =
    [];
  for (const id of spilled) {
    const first = live.intervals.get(id);
    if (first === undefined) continue;
    let last = first;
    while (last.next !== undefined) last = last.next;
    lifetimes.push({ id, isVector: first.value.type === 'v128', start: first.start, end: last.end });
  }
  lifetimes.sort((a, b) => a.start - b.start || a.id - b.id);
  const slots = new Map<number, number>();
  let words = 0;
  for (const slotWords of [1, 2]) {
    /** By slot: where the lifetime of its last value ends. */
    const ends: number[] = [];
    for (const { id, isVector, start, end } of lifetimes) {
      if (isVector !== (slotWords === 2)) continue;
      const free = ends.findIndex((slotEnd) => slotEnd <= start);
      const slot = free === -1 ? ends.length : free;
      ends[slot] = end;
      slots.set(id, words + slot * slotWords);
    }
    words += ends.length * slotWords;
  }
  return { slots, words };
}

export function allocate(fn: IrFunction, rules: ConstraintRules): Allocation {
  const live = buildIntervals(fn, rules);
  const slots = new Map<number, number>();
  const used = new Set<number>();
  new LinearScan(live, allocatableGeneral, slots, used).run();
  new LinearScan(live, allocatableFloats, slots, used).run();
  demoteInLoops(fn, live, slots);
  const shared = shareSlots(live, slots.keys());
  const storedLate = chooseLateStores(fn, live, shared.slots);
  return { live, slots: shared.slots, storedLate, slotCount: shared.words, usedRegisters: used };
}

/** The piece of a value's interval that is live at a position; the last piece before it when none is. */
export function pieceAt(allocation: Allocation, value: Value, position: number): Interval | undefined {
  let piece = allocation.live.intervals.get(value.id);
  while (piece?.next !== undefined && piece.next.start <= position) piece = piece.next;
  return piece;
}
