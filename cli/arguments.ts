/** Words of the command line → an invocation, by the command's own table. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import type { Command, OptionValues } from './command.ts';
import { usageError } from './failure.ts';
import { nearest } from './nearest.ts';

export interface Arguments {
  readonly operands: readonly string[];
  readonly options: OptionValues;
  readonly wantsHelp: boolean;
}

export function parseArguments(command: Command, words: readonly string[]): Arguments {
  const config: ParseArgsOptionsConfig = { help: { type: 'boolean', short: 'h' } };
  for (const { name, short, value } of command.options) {
    config[name] = {
      type: value === undefined ? 'boolean' : 'string',
      multiple: true,
      ...(short === undefined ? {} : { short }),
    };
  }
  const { tokens } = parseArgs({
    args: [...words],
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const help = `See "diatom help ${command.name}".`;
  const operands: string[] = [];
  const values = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value);
    if (token.kind !== 'option') continue;
    if (token.name === 'help') return { operands, options: optionValues(values), wantsHelp: true };
    const option = command.options.find(({ name }) => name === token.name);
    if (option === undefined) {
      const names = command.options.map(({ name }) => `--${name}`);
      const advice = token.rawName.startsWith('--') ? nearest(token.rawName, names) : undefined;
      throw usageError(
        `${command.name} has no option ${token.rawName}`,
        advice === undefined ? help : `Did you mean ${advice}?`,
      );
    }
    if (option.value === undefined && token.value !== undefined) {
      throw usageError(`${token.rawName} takes no value`, help);
    }
    // With strict: false a missing value comes as undefined, and a following option as the value.
    if (
      option.value !== undefined &&
      (token.value === undefined || (!token.inlineValue && token.value.startsWith('-')))
    ) {
      throw usageError(`${token.rawName} needs a value: ${token.rawName} ${option.value}`, help);
    }
    const given = values.get(option.name) ?? [];
    if (given.length > 0 && option.value !== undefined && option.isRepeatable !== true) {
      throw usageError(`${token.rawName} is given twice`, help);
    }
    values.set(option.name, [...given, token.value ?? '']);
  }
  const missing = command.operands[operands.length];
  if (missing !== undefined && missing.isOptional !== true) {
    throw usageError(`${command.name} needs ${missing.name}`, help);
  }
  const extra = operands[command.operands.length];
  if (extra !== undefined) throw usageError(`${command.name} does not know what to do with "${extra}"`, help);
  return { operands, options: optionValues(values), wantsHelp: false };
}

function optionValues(values: ReadonlyMap<string, readonly string[]>): OptionValues {
  return {
    has: (name) => values.has(name),
    text: (name) => values.get(name)?.at(-1),
    all: (name) => values.get(name) ?? [],
  };
}
