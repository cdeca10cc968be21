import { type Command, jsonOption } from '../command.ts';
import { exitStatus } from '../failure.ts';
import { homeOf } from '../home.ts';
import { openImageStore, shortDigest, splitReference } from '../image-store.ts';
import { targetsOf } from '../inspect/layers.ts';
import { formatTable } from '../terminal/table.ts';
import { formatBytes } from '../terminal/units.ts';

export const images: Command = {
  name: 'images',
  does: 'List the images on this machine',
  operands: [],
  options: [jsonOption],
  notes: [],
  examples: [],
  run: async ({ options, terminal, environment }) => {
    const list = [...(await openImageStore(homeOf(environment)).list())].sort((a, b) =>
      a.reference.localeCompare(b.reference, 'en'),
    );
    if (options.has('json')) {
      terminal.printJson(
        list.map(({ reference, digest, sizeBytes, manifest }) => ({
          reference,
          digest,
          sizeBytes,
          targets: targetsOf(manifest),
        })),
      );
      return exitStatus.success;
    }
    if (list.length === 0) {
      terminal.note('There are no images yet. Make one with "diatom build FILE".');
      return exitStatus.success;
    }
    const rows = list.map(({ reference, digest, manifest, sizeBytes }) => {
      const { name, tag } = splitReference(reference);
      const ports = manifest.ports.map(({ port }) => port).join(',');
      const targets = targetsOf(manifest).join(',');
      return [name, tag, shortDigest(digest), ports, targets, formatBytes(sizeBytes)];
    });
    terminal.print(
      formatTable(
        [
          { title: 'NAME' },
          { title: 'TAG' },
          { title: 'DIGEST' },
          { title: 'PORTS' },
          { title: 'TARGETS' },
          { title: 'SIZE', align: 'right' },
        ],
        rows,
      ),
    );
    return exitStatus.success;
  },
};
