/** Who calls whom in a module, by function index. Read from its bodies and element segments; nothing is guessed. */
import { readBody } from '../decode/body.ts';
import type { DecodedModule, ModuleFunction } from '../decode/module.ts';
import { functionsInConstants } from '../decode/survey.ts';

/** `table`: an indirect call whose type fits, of a table the function stands in. `reference`: its address is taken. */
export type CallKind = 'call' | 'table' | 'reference';

export interface Call {
  readonly kind: CallKind;
  readonly from: number;
  readonly to: number;
}

/** `held`: a table or a global holds it from the beginning. */
export type RootKind = 'entry' | 'start' | 'held';

export interface Root {
  readonly kind: RootKind;
  readonly to: number;
}

export interface CallGraph {
  readonly names: readonly string[];
  readonly roots: readonly Root[];
  readonly calls: readonly Call[];
}

export function callGraph(module: DecodedModule): CallGraph {
  const { functions } = module;
  const typeKeys = module.types.map(({ parameters, results }) => `${parameters.join()}>${results.join()}`);
  const typeOf = (typeIndex: number) => typeKeys[typeIndex] ?? '';
  // A segment may be copied into any table, so which table a function stands in is not asked.
  const held = functionsInConstants(module);
  const bodies = functions.map((fn) => readCalls(fn, module));
  const mayBeCalled = new Set([...held, ...bodies.flatMap(({ references }) => [...references])]);
  const calls = bodies.flatMap(({ direct, references, indirectTypes }, from): Call[] => {
    const wanted = new Set([...indirectTypes].map(typeOf));
    const fitting = [...mayBeCalled].filter((index) => wanted.has(typeOf(functions[index]?.typeIndex ?? -1)));
    return [
      ...[...direct].map((to) => ({ kind: 'call' as const, from, to })),
      ...fitting.map((to) => ({ kind: 'table' as const, from, to })),
      ...[...references].map((to) => ({ kind: 'reference' as const, from, to })),
    ];
  });
  const entries = module.exports.filter(({ kind }) => kind === 'function');
  return {
    names: functions.map(({ name }) => name),
    roots: [
      ...entries.map(({ index }) => ({ kind: 'entry' as const, to: index })),
      ...(module.start === undefined ? [] : [{ kind: 'start' as const, to: module.start }]),
      ...[...held].map((to) => ({ kind: 'held' as const, to })),
    ],
    calls,
  };
}

interface BodyCalls {
  readonly direct: ReadonlySet<number>;
  readonly references: ReadonlySet<number>;
  /** Indices of types. */
  readonly indirectTypes: ReadonlySet<number>;
}

function readCalls(fn: ModuleFunction, module: DecodedModule): BodyCalls {
  const direct = new Set<number>();
  const references = new Set<number>();
  const indirectTypes = new Set<number>();
  const sets: Readonly<Record<string, Set<number>>> = {
    call: direct,
    return_call: direct,
    'ref.func': references,
    call_indirect: indirectTypes,
    return_call_indirect: indirectTypes,
  };
  if (fn.kind === 'defined') {
    for (const { opcode, index } of readBody(fn, module.types)) sets[opcode.name]?.add(index);
  }
  return { direct, references, indirectTypes };
}
