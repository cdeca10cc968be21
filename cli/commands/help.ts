import type { Command } from '../command.ts';
import { exitStatus, usageError } from '../failure.ts';
import { type CommandGroup, commandHelp, overview } from '../help.ts';
import { nearest } from '../nearest.ts';

export function helpCommand(groups: () => readonly CommandGroup[]): Command {
  return {
    name: 'help',
    does: 'Explain Diatom or one command',
    operands: [{ name: 'COMMAND', isOptional: true }],
    options: [],
    notes: [],
    examples: ['diatom help run'],
    run: async ({ operands: [name], terminal }) => {
      const commands = groups().flatMap((group) => group.commands);
      const command = commands.find((candidate) => candidate.name === name);
      if (name !== undefined && command === undefined) {
        const meant = nearest(
          name,
          commands.map((candidate) => candidate.name),
        );
        throw usageError(
          `there is no command "${name}"`,
          meant === undefined ? 'See "diatom help".' : `Did you mean "diatom help ${meant}"?`,
        );
      }
      terminal.print(command === undefined ? overview(groups(), terminal.width) : commandHelp(command, terminal.width));
      return exitStatus.success;
    },
  };
}
