/** From the portable module to the executable of each target: bound to the target's bindings, then compiled. */
import { machineModule, type NativeTarget, nativeTargets } from '@diatom/libos';
import { type CompiledImage, type CompileOptions, compile } from './compile.ts';
import { ModuleError } from './decode/error.ts';
import { BuildError, type Diagnostic } from './diagnostic.ts';
import { openKeptCode } from './link/code-cache.ts';
import { linkTarget } from './link/link.ts';
import { readModule } from './link/module.ts';

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
}

/** Binds a portable module to a target; what its bindings lack stays imported from the machine. */
type Link = (portable: Uint8Array, target: NativeTarget) => Promise<Uint8Array>;

/**
 * Without request the default targets as far as they provide what the program calls, and where none does the others. Throws
 * `BuildError` when a requested target cannot be made, or without request no target at all.
 */
export async function sealTargets(
  portable: Uint8Array,
  { targets: requested, stackBytes }: SealOptions,
  link: Link = linkTarget,
): Promise<SealedTargets> {
  const code = await openKeptCode();
  const leftOut: LeftOutTarget[] = [];
  const seal = async (targets: readonly NativeTarget[]): Promise<readonly SealedTarget[]> => {
    const wanted = nativeTargets.filter((target) => targets.includes(target));
    // Linking is done by processes of its own: those of all targets run beside each other.
    const outcomes = await Promise.all(
      wanted.map(async (target) =>
        sealTarget(await link(portable, target), { flavour: target, stackBytes, cache: code.cache }),
      ),
    );
    leftOut.push(...outcomes.filter((outcome) => 'missingCalls' in outcome));
    return outcomes.filter((outcome) => 'image' in outcome);
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

function sealTarget(
  linked: Uint8Array,
  options: CompileOptions & { readonly flavour: NativeTarget },
): SealedTarget | LeftOutTarget {
  const target = options.flavour;
  const missingCalls = readModule(linked)
    .imports.filter(({ module }) => module === machineModule)
    .map(({ name }) => name)
    .sort();
  if (missingCalls.length > 0) return { target, missingCalls };
  const started = performance.now();
  try {
    return { target, image: compile(linked, options), codegenMs: performance.now() - started };
  } catch (error) {
    // Something the compiler's own checks refuse, like tables that do not fit into an image.
    if (!(error instanceof ModuleError)) throw error;
    const message = `no executable for the ${target} target can be made: ${error.message}`;
    throw new BuildError([{ code: 'codegen', message }]);
  }
}

const missing = ({ target, missingCalls }: LeftOutTarget): Diagnostic => ({
  code: 'target',
  message:
    `the ${target} target does not provide ${missingCalls.join(', ')}, which the program reaches through the library OS; ` +
    'do without or build for other targets',
});
