import { resolve } from 'node:path';
import { applicationFile } from '../application-file.ts';
import type { Command } from '../command.ts';
import { jsonOption } from '../command.ts';
import type { AnsweredRequest } from '../dev/messages.ts';
import type { SessionReport } from '../dev/session.ts';
import { CommandError, exitStatus, usageError } from '../failure.ts';
import { parseEnvironment } from '../run/slot.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { formatMs } from '../terminal/units.ts';

const defaultPort = 8080;
/** The one that debuggers look at by themselves. */
const defaultInspectPort = 9229;

export const dev: Command = {
  name: 'dev',
  does: 'Run a TypeScript service while you write it: restart on save, breakpoints, a line per request',
  operands: [{ name: 'FILE' }],
  options: [
    { name: 'port', short: 'p', value: 'PORT', does: `Listen there (default: that of diatom.json, or ${defaultPort})` },
    { name: 'env', short: 'e', value: 'NAME=VALUE', isRepeatable: true, does: 'Set a variable of its environment' },
    { name: 'inspect', does: `Let a debugger attach on 127.0.0.1:${defaultInspectPort}` },
    { name: 'inspect-port', value: 'PORT', does: 'Let it attach there; 0 for any free port' },
    { ...jsonOption, does: 'Print one line of JSON per event, console lines too' },
  ],
  notes: [
    'The program and its web APIs are those of an image; V8 runs them instead of the engine of an image, so that debuggers ' +
      'work. Limits of memory and time are not enforced here: "diatom run FILE" runs the image itself.',
  ],
  examples: ['diatom dev examples/fetch/fetch.ts', 'diatom dev src/main.ts --inspect -e GREETING=hello'],
  run: async ({ operands: [operand = ''], options, terminal, interruption }) => {
    const file = resolve(await applicationFile(operand));
    const { shapeOf } = await import('@diatom/seal/program/program.ts');
    const shape = await shapeOf(file);
    if (shape.name !== 'javascript') {
      throw new CommandError(
        `${operand} has no default export, so it is AssemblyScript, and dev runs JavaScript services`,
        `Write "export default { fetch(request) { … } }", or run it with: diatom run ${operand} --target node`,
      );
    }
    const { readProject } = await import('@diatom/seal/project.ts');
    const declared = (await readProject(file, shape.defaults)).ports?.[0]?.port;
    const port = parsePort('--port', options.text('port')) ?? declared ?? defaultPort;
    const inspectPort =
      parsePort('--inspect-port', options.text('inspect-port')) ??
      (options.has('inspect') ? defaultInspectPort : undefined);
    const { runSession } = await import('../dev/session.ts');
    const environment = parseEnvironment(options.all('env'));
    const report = options.has('json') ? jsonReport(terminal) : wordsReport(terminal);
    await runSession({ file, port, environment, inspectPort, report }, interruption()).catch((error: unknown) => {
      throw new CommandError(error instanceof Error ? error.message : String(error), '', exitStatus.failure, {
        cause: error,
      });
    });
    return exitStatus.success;
  },
};

function parsePort(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65535)
    throw usageError(`${option}: "${text}" is not a port`, 'Write a number.');
  return port;
}

function jsonReport(terminal: Terminal): SessionReport {
  const event =
    <Value>(name: string, key: string) =>
    (value: Value): void =>
      terminal.printJson({ event: name, [key]: value });
  return {
    listening: event('listening', 'url'),
    inspector: event('inspector', 'url'),
    console: (text) => {
      for (const line of text.replace(/\n$/, '').split('\n')) terminal.printJson({ event: 'console', line });
    },
    request: (request) => terminal.printJson({ event: 'request', ...request }),
    restarted: event('restarted', 'restartMs'),
    failed: event('failed', 'why'),
  };
}

function wordsReport(terminal: Terminal): SessionReport {
  return {
    listening: (url) => terminal.note(`${terminal.noteStyle('bold', url)}   (Ctrl-C ends it)`),
    inspector: (url) => terminal.note(`A debugger may attach to ${url}`),
    console: (text) => terminal.write(text),
    request: (request) => terminal.note(requestLine(request, terminal)),
    restarted: (restartMs) => terminal.note(terminal.noteStyle('dim', `Restarted in ${formatMs(restartMs)}.`)),
    failed: (why) => terminal.note(terminal.noteStyle('red', why)),
  };
}

/** `GET /hello 200 3 ms cold` */
function requestLine({ method, target, status, durationMs, isCold }: AnsweredRequest, terminal: Terminal): string {
  const colour = status === 0 || status >= 500 ? 'red' : status >= 400 ? 'yellow' : 'green';
  const word = terminal.noteStyle(colour, status === 0 ? 'cut off' : String(status));
  return `${method} ${target} ${word} ${formatMs(durationMs)}${isCold ? ' cold' : ''}`;
}
