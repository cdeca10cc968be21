import { type Command, jsonOption } from '../command.ts';
import { exitStatus } from '../failure.ts';
import { homeOf } from '../home.ts';
import { buildImage } from '../image-build.ts';
import { openImageStore } from '../image-store.ts';
import { formatBytes, formatMs } from '../terminal/units.ts';

export const build: Command = {
  name: 'build',
  does: 'Make an image from a source file',
  operands: [{ name: 'FILE' }],
  options: [
    { name: 'tag', short: 't', value: 'NAME[:TAG]', does: "Name of the image; otherwise diatom.json's or the file's" },
    jsonOption,
  ],
  notes: [
    'The ports of the image are those its start-up code listens on. A diatom.json beside FILE can set name, ports, ' +
      'memory and the addresses the image may connect to.',
  ],
  examples: ['diatom build examples/hello/hello.ts -t hello'],
  run: async ({ operands: [file = ''], options, terminal, environment }) => {
    const { image, timings } = await buildImage(openImageStore(homeOf(environment)), file, options.text('tag'));
    const { reference, digest, sizeBytes, manifest } = image;
    if (options.has('json')) {
      terminal.printJson({ reference, digest, sizeBytes, layers: manifest.layers, timings });
      return exitStatus.success;
    }
    const native = manifest.layers.find(({ role }) => role === 'process');
    const ports = manifest.ports.map(({ port }) => port).join(', ');
    terminal.note(
      `Built ${reference} in ${formatMs(timings.totalMs)}: executable ${formatBytes(native?.sizeBytes ?? 0)}, ` +
        (ports === '' ? 'no ports.' : `listens on ${ports}.`),
    );
    terminal.print(digest);
    return exitStatus.success;
  },
};
