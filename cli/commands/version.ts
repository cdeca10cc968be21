import { type Command, jsonOption } from '../command.ts';
import { exitStatus } from '../failure.ts';
import { versions } from '../version.ts';

export const version: Command = {
  name: 'version',
  does: 'Show the versions a bug report needs',
  operands: [],
  options: [jsonOption],
  notes: [],
  examples: [],
  run: async ({ options, terminal }) => {
    const all = versions();
    if (options.has('json')) terminal.printJson(all);
    else terminal.print(`diatom ${all.diatom} (machine ABI ${all.machine}, Node ${all.node}, ${all.platform})`);
    return exitStatus.success;
  },
};
