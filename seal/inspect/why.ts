/** Why a function is in an image: the shortest way to it from where execution begins. */
import type { CallGraph, CallKind, RootKind } from './call-graph.ts';

export interface Step {
  readonly function: string;
  /** How the step before it comes here; for the first step, how the image does. */
  readonly by: CallKind | RootKind;
}

export interface Caller {
  readonly function: string;
  readonly by: CallKind;
}

export type Answer =
  | {
      readonly kind: 'kept';
      readonly function: string;
      /** From the entry to the function. */
      readonly path: readonly Step[];
      /** Everything that calls it or holds its address, sorted by name. */
      readonly callers: readonly Caller[];
    }
  | { readonly kind: 'absent'; readonly candidates: readonly string[] };

/** A way over direct calls is preferred, however long: one over a table says less. */
const costs: Readonly<Record<CallKind | RootKind, number>> = {
  entry: 0,
  start: 1,
  call: 1,
  table: 10_000,
  reference: 10_000,
  held: 100_000_000,
};

/** `name` in full, or what follows its last slash where only one function ends so. */
export function why(graph: CallGraph, name: string): Answer {
  const target = findFunction(graph, name);
  if (target === undefined) return { kind: 'absent', candidates: candidates(graph.names, name) };
  const nameOf = (index: number) => graph.names[index] ?? '';
  const callers = graph.calls
    .filter(({ from, to }) => to === target && from !== target)
    .map(({ from, kind }) => ({ function: nameOf(from), by: kind }))
    .sort((a, b) => compare(a.function, b.function) || compare(a.by, b.by));
  const path = shortestPath(graph, target).map(({ to, kind }) => ({ function: nameOf(to), by: kind }));
  return { kind: 'kept', function: nameOf(target), path, callers };
}

function findFunction({ names }: CallGraph, name: string): number | undefined {
  const exact = names.indexOf(name);
  if (exact !== -1) return exact;
  const ending = names.flatMap((full, index) => (full.endsWith(`/${name}`) ? [index] : []));
  return ending.length === 1 ? ending[0] : undefined;
}

interface Arrival {
  readonly kind: CallKind | RootKind;
  readonly from: number | undefined;
  readonly to: number;
  readonly cost: number;
}

/** Dijkstra's algorithm; the graphs are a few thousand functions, so a scan finds the nearest. */
function shortestPath({ roots, calls }: CallGraph, target: number): readonly Arrival[] {
  const outgoing = Map.groupBy(calls, ({ from }) => from);
  const open = new Map<number, Arrival>();
  const done = new Map<number, Arrival>();
  const offer = (arrival: Arrival): void => {
    if (done.has(arrival.to) || (open.get(arrival.to)?.cost ?? Number.POSITIVE_INFINITY) <= arrival.cost) return;
    open.set(arrival.to, arrival);
  };
  for (const { kind, to } of roots) offer({ kind, from: undefined, to, cost: costs[kind] });
  while (open.size > 0 && !done.has(target)) {
    const nearest = [...open.values()].reduce((best, arrival) => (arrival.cost < best.cost ? arrival : best));
    open.delete(nearest.to);
    done.set(nearest.to, nearest);
    for (const { kind, to } of outgoing.get(nearest.to) ?? []) {
      offer({ kind, from: nearest.to, to, cost: nearest.cost + costs[kind] });
    }
  }
  const path: Arrival[] = [];
  for (let at = done.get(target); at !== undefined; at = at.from === undefined ? undefined : done.get(at.from)) {
    path.unshift(at);
  }
  return path;
}

const mostCandidates = 5;

/** Names that contain the word's last part, then those that share most pairs of letters with it (Dice 1945). */
function candidates(names: readonly string[], word: string): readonly string[] {
  const wanted = lastPart(word).toLowerCase();
  const score = (name: string): number =>
    (name.toLowerCase().includes(wanted) ? 1 : 0) + similarity(wanted, lastPart(name).toLowerCase());
  return names
    .map((name) => ({ name, score: score(name) }))
    .filter((each) => each.score > 0.4)
    .sort((a, b) => b.score - a.score || compare(a.name, b.name))
    .slice(0, mostCandidates)
    .map(({ name }) => name);
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf('/') + 1);

function similarity(a: string, b: string): number {
  const pairs = (text: string) =>
    new Set(Array.from({ length: Math.max(0, text.length - 1) }, (_, i) => text.slice(i, i + 2)));
  const [first, second] = [pairs(a), pairs(b)];
  if (first.size + second.size === 0) return 0;
  return (2 * first.intersection(second).size) / (first.size + second.size);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
