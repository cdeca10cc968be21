/** Help texts, written by the command table. */
import type { Command, CommandOption } from './command.ts';
import { wrap } from './terminal/wrap.ts';

const widthMax = 100;

export interface CommandGroup {
  readonly title: string;
  readonly commands: readonly Command[];
}

export function overview(groups: readonly CommandGroup[], terminalWidth: number): string {
  const width = Math.min(terminalWidth, widthMax);
  const nameWidth = Math.max(...groups.flatMap(({ commands }) => commands.map((command) => usageOf(command).length)));
  const lines = ['Diatom runs services as unikernels and speaks the Kubernetes API.', '', 'Usage: diatom COMMAND'];
  for (const { title, commands } of groups) {
    lines.push('', `${title}:`);
    for (const command of commands) lines.push(...entry(usageOf(command), command.does, nameWidth, width));
  }
  lines.push('', 'Images, the cell and caches live in DIATOM_HOME (default ~/.local/share/diatom).');
  lines.push('"diatom help COMMAND" says more about one command.');
  return lines.join('\n');
}

export function commandHelp(command: Command, terminalWidth: number): string {
  const width = Math.min(terminalWidth, widthMax);
  const hasOptions = command.options.length > 0;
  const lines = [`Usage: diatom ${usageOf(command)}${hasOptions ? ' [OPTIONS]' : ''}`, '', `${command.does}.`];
  if (hasOptions) {
    const nameWidth = Math.max(...command.options.map((option) => optionUsage(option).length));
    lines.push('', 'Options:');
    for (const option of command.options) lines.push(...entry(optionUsage(option), option.does, nameWidth, width));
  }
  for (const note of command.notes) lines.push('', ...wrap(note, width));
  if (command.examples.length > 0) {
    lines.push('', command.examples.length === 1 ? 'Example:' : 'Examples:');
    for (const example of command.examples) lines.push(`  ${example}`);
  }
  return lines.join('\n');
}

function usageOf(command: Command): string {
  const operands = command.operands.map(({ name, isOptional }) => (isOptional === true ? `[${name}]` : name));
  return [command.name, ...operands].join(' ');
}

function optionUsage({ name, short, value }: CommandOption): string {
  return `${short === undefined ? '    ' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function entry(name: string, does: string, nameWidth: number, width: number): readonly string[] {
  const [first = '', ...rest] = wrap(does, Math.max(20, width - nameWidth - 5));
  const indent = ' '.repeat(nameWidth + 5);
  return [`  ${name.padEnd(nameWidth)}   ${first}`, ...rest.map((line) => indent + line)];
}
