/** The front door: finds the command, parses its words, runs it, and turns what went wrong into words and a status. */
import { flushCompileCache } from 'node:module';
import { parseArguments } from './arguments.ts';
import { commands, groups } from './commands.ts';
import { CommandError, exitStatus, usageError } from './failure.ts';
import { commandHelp, overview } from './help.ts';
import { nearest } from './nearest.ts';
import { createTerminal, type Terminal } from './terminal/terminal.ts';

export async function main(
  words: readonly string[],
  terminal: Terminal,
  interruption: () => AbortSignal,
): Promise<number> {
  const [first, ...rest] = words;
  if (first === undefined || first === '--help' || first === '-h') {
    terminal.print(overview(groups, terminal.width));
    return first === undefined ? exitStatus.usage : exitStatus.success;
  }
  const name = first === '--version' || first === '-v' ? 'version' : first;
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const names = commands.map((candidate) => candidate.name);
    const meant = nearest(first, names);
    throw usageError(
      first.startsWith('-') ? `the command comes first, before ${first}` : `there is no command "${first}"`,
      meant === undefined ? 'See "diatom help".' : `Did you mean "diatom ${meant}"?`,
    );
  }
  const { operands, options, wantsHelp } = parseArguments(command, rest);
  if (wantsHelp) {
    terminal.print(commandHelp(command, terminal.width));
    return exitStatus.success;
  }
  return await command.run({ operands, options, terminal, environment: process.env, interruption });
}

/** First Ctrl-C: orderly. Second: at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(name === 'SIGINT' ? 130 : 143);
      controller.abort(name);
    });
  }
  return controller.signal;
}

function report(error: unknown, terminal: Terminal): number {
  const word = terminal.noteStyle('red', 'error');
  if (error instanceof CommandError) {
    terminal.note(`${word}: ${error.message}`);
    if (error.advice !== '') terminal.note(error.advice);
    return error.status;
  }
  // Errors of the rooms are sentences for people; a stack is for whoever repairs Diatom. Those of a worker arrive as
  // text with the stack in it.
  const isDebugging = (process.env.DIATOM_DEBUG ?? '') !== '';
  const text = error instanceof Error ? (isDebugging ? String(error.stack) : error.message) : String(error);
  terminal.note(`${word}: ${isDebugging ? text : text.replace(/\n\s+at .*/g, '')}`);
  return exitStatus.failure;
}

/** The process `diatom`, called by bin/diatom.mjs. */
export async function start(): Promise<never> {
  // A reader that goes away (`diatom images | head`) is no failure.
  process.stdout.on('error', () => process.exit(exitStatus.success));
  const terminal = createTerminal(process.stdout, process.stderr, process.env);
  const status = await main(process.argv.slice(2), terminal, interruption).catch((error: unknown) =>
    report(error, terminal),
  );
  flushCompileCache();
  // A pipe takes 64 KiB at once, and what its reader has not taken yet is lost when the process exits.
  await Promise.all([process.stdout, process.stderr].map(written));
  // A command that has returned is over, whatever it may have left open.
  process.exit(status);
}

const written = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    stream.write('', () => resolve());
  });
