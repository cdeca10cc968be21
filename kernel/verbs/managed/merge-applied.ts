/** What is applied goes into the live object (structured-merge-diff typed/merge.go). */
import { isRecord, type JsonRecord } from '../../kinds/json.ts';
import type { Schema } from '../../kinds/schema.ts';
import { edgeOfItem, fieldSchema, shapeOf } from './field-set.ts';

/** The live value with the applied one laid over it. */
export function mergeApplied(schema: Schema | undefined, live: unknown, applied: unknown): unknown {
  const shape = shapeOf(schema, applied);
  if (shape === 'object' && isRecord(applied)) {
    const result: JsonRecord = isRecord(live) ? { ...live } : {};
    for (const [key, value] of Object.entries(applied))
      result[key] = mergeApplied(fieldSchema(schema, key), result[key], value);
    return result;
  }
  if (shape !== 'list' || !Array.isArray(applied) || schema === undefined) return structuredClone(applied);
  return mergeItems(schema, Array.isArray(live) ? live : [], applied);
}

/**
 * Items that both have are in the applied order, what only the live list has stays between its neighbours, what is new comes
 * behind what it is applied behind. Items of the live list that name the same thing become the applied one.
 */
function mergeItems(schema: Schema, live: readonly unknown[], applied: readonly unknown[]): readonly unknown[] {
  const [liveEdges, appliedEdges] = [live, applied].map((list) => list.map((item) => edgeOfItem(schema, item)));
  if (liveEdges === undefined || appliedEdges === undefined) return [];
  const [liveItems, appliedItems] = [singles(liveEdges, live), singles(appliedEdges, applied)];
  const shared = appliedEdges.filter((edge) => liveItems.has(edge))[Symbol.iterator]();
  const merged = new Set<string>();
  const result: unknown[] = [];
  const take = (edge: string): void => {
    merged.add(edge);
    const before = liveItems.get(edge);
    result.push(mergeApplied(schema.items, before, appliedItems.get(edge)));
  };
  const advance = (): string | undefined => shared.next().value;
  let next = advance();
  let [at, to] = [0, 0];
  while (at < live.length || to < applied.length) {
    const [ours, theirs] = [liveEdges[at], appliedEdges[to]];
    if (ours !== undefined && theirs !== undefined) {
      if (ours === theirs) {
        take(ours);
        at++;
        to++;
        next = advance();
        continue;
      }
      // Its turn comes where the applied list has it.
      if (appliedItems.has(ours) && next !== undefined && next !== ours) {
        at++;
        continue;
      }
    }
    if (ours !== undefined) {
      if (!appliedItems.has(ours)) {
        result.push(live[at]);
        at++;
        continue;
      }
      if (merged.has(ours)) at++;
    }
    if (theirs !== undefined) {
      take(theirs);
      to++;
      if (next === theirs) next = advance();
    }
  }
  return result;
}

/** Each item by its name; undefined for what stands there more than once. */
function singles(edges: readonly string[], list: readonly unknown[]): ReadonlyMap<string, unknown> {
  const items = new Map<string, unknown>();
  for (const [at, edge] of edges.entries()) items.set(edge, items.has(edge) ? undefined : list[at]);
  return items;
}
