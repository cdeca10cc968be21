/**
 * The engine as it is in images: what starts it and evaluates text has done its work in the snapshot. Functions keep their places
 * in the table, so a snapshot taken with the whole engine fits.
 */
import { runTool } from '../binaryen/run-tool.ts';
import { decode } from '../decode/decode.ts';
import { Reader } from '../decode/reader.ts';
import { cached } from '../link/cache.ts';
import { toolVersions } from '../link/guest.ts';
import { readSections, sectionIds, unsigned, writeSections, writeVector } from '../link/sections.ts';
import { keepExports } from '../shake/keep-exports.ts';

export interface SealedEngineOptions {
  /** Without it the parser is left out: the only way to it is a function that then traps (libos/js/runtime/no-eval.ts). */
  readonly allowsEval: boolean;
}

const roots = ['_start', 'memory'];
const passes = ['--remove-unused-module-elements'];

/** `engine` is what `linkEngine` gives. */
export function sealEngine(engine: Uint8Array, { allowsEval }: SealedEngineOptions): Promise<Uint8Array> {
  return cachedUnder([String(allowsEval), engine], () =>
    runTool('wasm-opt', { 'in.wasm': keepExports(allowsEval ? engine : withoutParser(engine), roots) }, [
      'in.wasm',
      ...passes,
      '-g',
    ]),
  );
}

async function cachedUnder(parts: readonly (string | Uint8Array)[], make: () => Promise<Uint8Array>) {
  return cached('sealed-engine', [JSON.stringify([await toolVersions(), roots, passes]), ...parts], make);
}

/** quickjs.c, __JS_EvalInternal: only the table refers to it, and it is the only function of its type. */
const evaluateType = 'i32 i64 i32 i32 i32 i32 i32 i32 -> i64';

function withoutParser(engine: Uint8Array): Uint8Array {
  const { functions, types } = decode(engine);
  const importedCount = functions.filter(({ kind }) => kind === 'imported').length;
  const found = functions.flatMap(({ kind, typeIndex }, index) => {
    const { parameters, results } = types[typeIndex] ?? { parameters: [], results: [] };
    const isIt = kind === 'defined' && `${parameters.join(' ')} -> ${results.join(' ')}` === evaluateType;
    return isIt ? [index - importedCount] : [];
  });
  const [position] = found;
  if (found.length !== 1) throw new Error(`the engine has ${found.length} functions that look like __JS_EvalInternal`);
  const trap = Uint8Array.of(0x00, 0x00, 0x0b);
  return writeSections(
    readSections(engine).map(({ id, content }) => {
      if (id !== sectionIds.code) return { id, content };
      const reader = new Reader(content);
      const bodies = reader.vector((index) => {
        const body = reader.slice(reader.u32());
        const written = index === position ? trap : body;
        return Buffer.concat([Uint8Array.from(unsigned(written.length)), written]);
      });
      return { id, content: writeVector(bodies) };
    }),
  );
}
