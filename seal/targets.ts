/** From the portable module to the executable of each target: bound to the target's bindings, then compiled. */
import { type NativeTarget, nativeTargets } from '@diatom/libos';
import { type CompiledImage, compileModule } from './compile.ts';
import { decode } from './decode/decode.ts';
import { ModuleError } from './decode/error.ts';
import { validate } from './decode/validate.ts';
import { BuildError, type Diagnostic } from './diagnostic.ts';
import { bind } from './link/bind.ts';
import { bindingsOf, variantFor } from './link/bindings.ts';
import { openKeptCode } from './link/code-cache.ts';
import type { BindingsVariant } from './link/guest.ts';

/** What is made when nobody names targets: what runs under the tenders of this machine. */
export const defaultTargets: readonly NativeTarget[] = ['process', 'hvt'];

export interface SealedTarget {
  readonly target: NativeTarget;
  readonly image: CompiledImage;
  readonly codegenMs: number;
}

/** A target whose bindings lack machine calls the program makes. */
export interface LeftOutTarget {
  readonly target: NativeTarget;
  /** Sorted. */
  readonly missingCalls: readonly string[];
}

export interface SealedTargets {
  /** In the order of `nativeTargets`, at least one. */
  readonly sealed: readonly SealedTarget[];
  /** None when targets were asked for: then all are made or the build fails. */
  readonly leftOut: readonly LeftOutTarget[];
}

export interface SealOptions {
  readonly targets: readonly NativeTarget[] | undefined;
  /** For targets whose image brings its stack along. */
  readonly stackBytes: number;
  /** The module that provides the machine ABI on a target. */
  readonly bindings?: (target: NativeTarget, variant: BindingsVariant) => Promise<Uint8Array>;
}

/**
 * Without request the default targets as far as they provide what the program calls, and where none does the others. Throws
 * `BuildError` when a requested target cannot be made, or without request no target at all.
 */
export async function sealTargets(
  portable: Uint8Array,
  { targets: requested, stackBytes, bindings = bindingsOf }: SealOptions,
): Promise<SealedTargets> {
  const program = refusing('the program cannot be compiled', () => {
    const module = decode(portable);
    validate(module);
    return module;
  });
  const code = await openKeptCode();
  const leftOut: LeftOutTarget[] = [];
  const seal = async (targets: readonly NativeTarget[]): Promise<readonly SealedTarget[]> => {
    const sealed: SealedTarget[] = [];
    for (const target of nativeTargets.filter((candidate) => targets.includes(candidate))) {
      const { module, missingCalls } = bind(program, decode(await bindings(target, variantFor(program))));
      if (missingCalls.length > 0) {
        leftOut.push({ target, missingCalls });
        continue;
      }
      const started = performance.now();
      const image = refusing(`no executable for the ${target} target can be made`, () =>
        compileModule(module, { flavour: target, stackBytes, cache: code.cache }),
      );
      sealed.push({ target, image, codegenMs: performance.now() - started });
    }
    return sealed;
  };
  let sealed = await seal(requested ?? defaultTargets);
  if (requested === undefined && sealed.length === 0) {
    sealed = await seal(nativeTargets.filter((target) => !defaultTargets.includes(target)));
  }
  await code.save();
  if (sealed.length === 0 || (requested !== undefined && leftOut.length > 0)) {
    throw new BuildError(leftOut.map(missing));
  }
  return { sealed, leftOut };
}

/** What the compiler's own checks refuse, like tables that do not fit into an image, is an error of the build. */
function refusing<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof ModuleError)) throw error;
    throw new BuildError([{ code: 'codegen', message: `${what}: ${error.message}` }]);
  }
}

const missing = ({ target, missingCalls }: LeftOutTarget): Diagnostic => ({
  code: 'target',
  message:
    `the ${target} target does not provide ${missingCalls.join(', ')}, which the program reaches through the library OS; ` +
    'do without or build for other targets',
});
