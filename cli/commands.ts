/** Every command, in the order help shows them. */
import type { Command } from './command.ts';
import { build } from './commands/build.ts';
import { dev } from './commands/dev.ts';
import { helpCommand } from './commands/help.ts';
import { images } from './commands/images.ts';
import { inspect } from './commands/inspect.ts';
import { newProject } from './commands/new.ts';
import { rmi } from './commands/rmi.ts';
import { run } from './commands/run.ts';
import { up } from './commands/up.ts';
import { version } from './commands/version.ts';
import type { CommandGroup } from './help.ts';

export const groups: readonly CommandGroup[] = [
  { title: 'Writing services', commands: [newProject, dev] },
  { title: 'Images', commands: [build, images, inspect, rmi] },
  { title: 'Running', commands: [run, up] },
  { title: 'About', commands: [version, helpCommand(() => groups)] },
];

export const commands: readonly Command[] = groups.flatMap((group) => group.commands);
