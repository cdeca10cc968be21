import { readFile } from 'node:fs/promises';
import type { LayerRole } from '@diatom/libos/manifest';
import { inspect as inspectManifest } from '@diatom/seal/inspect/inspect.ts';
import type { Package } from '@diatom/seal/sbom/packages.ts';
import { sbom } from '@diatom/seal/sbom/sbom.ts';
import type { ImageStore, StoredImage } from '@diatom/tender';
import { type Command, jsonOption } from '../command.ts';
import { CommandError, exitStatus, usageError } from '../failure.ts';
import { homeOf } from '../home.ts';
import { findImage, openImageStore } from '../image-store.ts';
import { describeImage } from '../inspect/describe.ts';
import { describeWhy } from '../inspect/why.ts';
import type { Terminal } from '../terminal/terminal.ts';

export const inspect: Command = {
  name: 'inspect',
  does: 'Show what is inside an image and what it may do',
  operands: [{ name: 'IMAGE' }],
  options: [
    { name: 'all', short: 'a', does: "The application's own functions too, not only the library OS" },
    { name: 'why', value: 'FUNCTION', does: 'What keeps this function in the image: the calls that lead to it' },
    { name: 'sbom', does: 'Print what the image was made from, as CycloneDX JSON' },
    jsonOption,
  ],
  notes: [
    'Functions are listed with the bytes of their native code. What is not listed is not in the image. Machine calls ' +
      'are the only way out of it; system calls are all that its seccomp filter lets through.',
    'For --why the part of a name behind its last slash is enough where only one function has it. A function that is ' +
      'small or called once may have become part of its caller.',
  ],
  examples: [
    'diatom inspect hello',
    'diatom inspect hello --why libos/text/writeText',
    'diatom inspect hello --sbom > hello.cdx.json',
    'diatom inspect hello --json | jq .manifest.systemCalls',
  ],
  run: async ({ operands: [reference = ''], options, terminal, environment }) => {
    const chosen = ['all', 'why', 'sbom'].filter((name) => options.has(name));
    if (chosen.length > 1) {
      throw usageError(`--${chosen[0]} and --${chosen[1]} exclude each other`, 'See "diatom help inspect".');
    }
    const store = openImageStore(homeOf(environment));
    const image = await findImage(store, reference);
    const name = options.text('why');
    if (name !== undefined) await explain(store, image, name, options.has('json'), terminal);
    else if (options.has('sbom')) await printSbom(store, image, terminal);
    else if (options.has('json')) {
      terminal.printJson({ ...image, origins: inspectManifest(image.manifest).origins });
    } else terminal.print(describeImage(image, { isComplete: options.has('all'), terminal }));
    return exitStatus.success;
  },
};

async function explain(
  store: ImageStore,
  image: StoredImage,
  name: string,
  isJson: boolean,
  terminal: Terminal,
): Promise<void> {
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
    await layer(store, image, 'wasm'),
    'process',
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

async function printSbom(store: ImageStore, image: StoredImage, terminal: Terminal): Promise<void> {
  const symbols: { readonly packages?: readonly Package[] } = JSON.parse(
    (await layer(store, image, 'symbols')).toString('utf8'),
  );
  const { manifest, digest } = image;
  terminal.print(JSON.stringify(sbom({ manifest, digest, packages: symbols.packages ?? [] }), undefined, 2));
}

function layer(store: ImageStore, { manifest, reference }: StoredImage, role: LayerRole): Promise<Buffer> {
  const found = manifest.layers.find((each) => each.role === role);
  if (found === undefined) throw new CommandError(`${reference} has no ${role} layer`, 'Build the image again.');
  return readFile(store.blobPath(found.digest));
}
