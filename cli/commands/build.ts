import { type Manifest, nativeTargets } from '@diatom/libos/manifest';
import { type Command, jsonOption } from '../command.ts';
import { exitStatus } from '../failure.ts';
import { homeOf } from '../home.ts';
import { buildImage, topLevelNote } from '../image-build.ts';
import { openImageStore } from '../image-store.ts';
import { parseNativeTargets } from '../native-targets.ts';
import { formatBytes, formatMs } from '../terminal/units.ts';

export const build: Command = {
  name: 'build',
  does: 'Make an image from a source file',
  operands: [{ name: 'FILE' }],
  options: [
    { name: 'tag', short: 't', value: 'NAME[:TAG]', does: "Name of the image; otherwise diatom.json's or the file's" },
    { name: 'target', value: 'TARGET[,TARGET]', does: 'Make executables for these targets: process, hvt, virtio' },
    jsonOption,
  ],
  notes: [
    'FILE may be a folder: then it is the file of that name in it, service.ts, index.ts or main.ts.',
    'The ports of the image are those its start-up code listens on. A diatom.json beside FILE can set name, ports, ' +
      'memory and the addresses the image may connect to.',
    'Without --target executables are made for process and hvt; a target that lacks something the program calls is left ' +
      'out, and virtio made where neither is left. With it, the build fails then. "diatom run --target node" needs no executable.',
  ],
  examples: ['diatom build examples/hello/hello.ts -t hello', 'diatom build hello.ts --target process,hvt,virtio'],
  run: async ({ operands: [file = ''], options, terminal, environment }) => {
    const asked = options.text('target');
    const targets = asked === undefined ? undefined : parseNativeTargets(asked);
    const store = openImageStore(homeOf(environment));
    const { image, leftOut, said, timings } = await buildImage(store, file, options.text('tag'), targets);
    const { reference, digest, sizeBytes, manifest } = image;
    if (options.has('json')) {
      terminal.printJson({ reference, digest, sizeBytes, layers: manifest.layers, leftOut, said, timings });
      return exitStatus.success;
    }
    for (const line of said) terminal.note(topLevelNote(line));
    const ports = manifest.ports.map(({ port }) => port).join(', ');
    terminal.note(
      `Built ${reference} in ${formatMs(timings.totalMs)}: ${executables(manifest)}, ` +
        (ports === '' ? 'no ports.' : `listens on ${ports}.`),
    );
    for (const { target, missingCalls } of leftOut) {
      terminal.note(`Not for ${target}, which does not provide ${missingCalls.join(', ')}.`);
    }
    if (manifest.machineCalls.includes('sock_connect') && manifest.connect.length === 0) {
      terminal.note(
        'It can make connections and may make none: write what it may connect to into diatom.json, like "connect": ["api.example.com:443"].',
      );
    }
    terminal.print(digest);
    return exitStatus.success;
  },
};

/** `executable for process 24.3 KiB, hvt 25.1 KiB` */
function executables({ layers }: Manifest): string {
  const sizes = nativeTargets.flatMap((target) => {
    const layer = layers.find(({ role }) => role === target);
    return layer === undefined ? [] : [`${target} ${formatBytes(layer.sizeBytes)}`];
  });
  return `executable for ${sizes.join(', ')}`;
}
