import type { NativeTarget } from '@diatom/libos/manifest';
import { inspect as inspectManifest } from '@diatom/seal/inspect/inspect.ts';
import { sbom } from '@diatom/seal/sbom/sbom.ts';
import type { ImageStore, StoredImage } from '@diatom/tender';
import { type Command, jsonOption } from '../command.ts';
import { CommandError, exitStatus, usageError } from '../failure.ts';
import { homeOf } from '../home.ts';
import { findImage, openImageStore } from '../image-store.ts';
import { describeImage } from '../inspect/describe.ts';
import { chooseTarget, manifestFor, readLayer, readTargetSymbols, targetSizes } from '../inspect/layers.ts';
import { describeWhy } from '../inspect/why.ts';
import { parseNativeTarget } from '../native-targets.ts';
import type { Terminal } from '../terminal/terminal.ts';

export const inspect: Command = {
  name: 'inspect',
  does: 'Show what is inside an image and what it may do',
  operands: [{ name: 'IMAGE' }],
  options: [
    { name: 'target', value: 'TARGET', does: "Whose code is shown, of the image's targets; otherwise the first" },
    { name: 'all', short: 'a', does: "The application's own functions too, not only the library OS" },
    { name: 'why', value: 'FUNCTION', does: 'What keeps this function in the image: the calls that lead to it' },
    { name: 'sbom', does: 'Print what the image was made from, as CycloneDX JSON' },
    jsonOption,
  ],
  notes: [
    'Functions are listed with the bytes of their native code. What is not listed is not in the image. Machine calls ' +
      'are the only way out of it; system calls are all that its seccomp filter lets through under the process target.',
    'For --why the part of a name behind its last slash is enough where only one function has it. A function that is ' +
      'small or called once may have become part of its caller.',
  ],
  examples: [
    'diatom inspect hello',
    'diatom inspect hello --why libos/text/writeText',
    'diatom inspect hello --target hvt --all',
    'diatom inspect hello --sbom > hello.cdx.json',
    'diatom inspect hello --json | jq .manifest.systemCalls',
  ],
  run: async ({ operands: [reference = ''], options, terminal, environment }) => {
    const chosen = ['all', 'why', 'sbom'].filter((name) => options.has(name));
    if (chosen.length > 1) {
      throw usageError(`--${chosen[0]} and --${chosen[1]} exclude each other`, 'See "diatom help inspect".');
    }
    const asked = options.text('target');
    const wanted = asked === undefined ? undefined : parseNativeTarget(asked);
    const store = openImageStore(homeOf(environment));
    const stored = await findImage(store, reference);
    const target = chooseTarget(stored, wanted);
    const image = { ...stored, manifest: await manifestFor(store, stored, target) };
    const name = options.text('why');
    if (name !== undefined) await explain({ store, image, target, terminal }, name, options.has('json'));
    else if (options.has('sbom')) await printSbom({ store, image, target, terminal });
    else {
      const sizes = await targetSizes(store, image);
      if (options.has('json')) {
        terminal.printJson({ ...image, target, targets: sizes, origins: inspectManifest(image.manifest).origins });
      } else terminal.print(describeImage(image, { target, sizes, isComplete: options.has('all'), terminal }));
    }
    return exitStatus.success;
  },
};

interface Subject {
  readonly store: ImageStore;
  /** Its manifest speaks of the target. */
  readonly image: StoredImage;
  readonly target: NativeTarget;
  readonly terminal: Terminal;
}

async function explain({ store, image, target, terminal }: Subject, name: string, isJson: boolean): Promise<void> {
  // With the compiler they bring 50 MB along, which every other command, `up` above all, would keep.
  const [{ imageGraph, isCompilerRoutine }, { why }] = await Promise.all([
    import('@diatom/seal/inspect/image-graph.ts'),
    import('@diatom/seal/inspect/why.ts'),
  ]);
  if (isCompilerRoutine(name)) {
    throw new CommandError(
      `${name} is a routine of the compiler itself`,
      'Code that was generated for many functions uses it; no function of the program calls it by name.',
    );
  }
  const { graph, hasBindings } = await imageGraph(
    await readLayer(store, image, 'wasm'),
    target,
    image.manifest.functions,
  );
  const answer = why(graph, name);
  if (answer.kind === 'absent') {
    throw new CommandError(
      `${image.reference} has no function "${name}": nothing reaches it, or it became part of its callers`,
      answer.candidates.length === 0
        ? `"diatom inspect ${image.reference} --all" lists them.`
        : `Near to it: ${answer.candidates.join(', ')}`,
    );
  }
  if (!hasBindings) terminal.note('Another version built this image: calls are shown up to the machine calls.');
  if (isJson) terminal.printJson(answer);
  else terminal.print(describeWhy(answer));
}

async function printSbom({ store, image, target, terminal }: Subject): Promise<void> {
  const { packages } = await readTargetSymbols(store, image, target);
  const { manifest, digest } = image;
  terminal.print(JSON.stringify(sbom({ manifest, digest, packages }), undefined, 2));
}
