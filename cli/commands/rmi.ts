import type { Command } from '../command.ts';
import { exitStatus } from '../failure.ts';
import { homeOf } from '../home.ts';
import { noSuchImage, openImageStore } from '../image-store.ts';

export const rmi: Command = {
  name: 'rmi',
  does: 'Remove an image from this machine',
  operands: [{ name: 'IMAGE' }],
  options: [],
  notes: [],
  examples: ['diatom rmi hello:1.2'],
  run: async ({ operands: [reference = ''], terminal, environment }) => {
    const store = openImageStore(homeOf(environment));
    if (!(await store.remove(reference))) throw await noSuchImage(store, reference);
    terminal.note(`Removed ${reference}.`);
    return exitStatus.success;
  },
};
