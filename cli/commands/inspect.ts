import { inspect as inspectManifest } from '@diatom/seal/inspect/inspect.ts';
import { type Command, jsonOption } from '../command.ts';
import { exitStatus } from '../failure.ts';
import { homeOf } from '../home.ts';
import { findImage, openImageStore } from '../image-store.ts';
import { describeImage } from '../inspect/describe.ts';

export const inspect: Command = {
  name: 'inspect',
  does: 'Show what is inside an image and what it may do',
  operands: [{ name: 'IMAGE' }],
  options: [
    { name: 'all', short: 'a', does: "The application's own functions too, not only the library OS" },
    jsonOption,
  ],
  notes: [
    'Functions are listed with the bytes of their native code. What is not listed is not in the image. Machine calls ' +
      'are the only way out of it; system calls are all that its seccomp filter lets through.',
  ],
  examples: ['diatom inspect hello', 'diatom inspect hello --json | jq .manifest.systemCalls'],
  run: async ({ operands: [reference = ''], options, terminal, environment }) => {
    const image = await findImage(openImageStore(homeOf(environment)), reference);
    if (options.has('json')) terminal.printJson({ ...image, origins: inspectManifest(image.manifest).origins });
    else terminal.print(describeImage(image, { isComplete: options.has('all'), terminal }));
    return exitStatus.success;
  },
};
