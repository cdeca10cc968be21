/** One command of `diatom` as data: parsing, help and the nearest-name advice are all driven by it. */
import type { Terminal } from './terminal/terminal.ts';

export interface CommandOption {
  /** Without the dashes. */
  readonly name: string;
  readonly short?: string;
  /** Placeholder of its value, `PORT`; left out for a switch. */
  readonly value?: string;
  /** May be given several times. */
  readonly isRepeatable?: boolean;
  readonly does: string;
}

export interface Operand {
  readonly name: string;
  readonly isOptional?: boolean;
}

export interface Command {
  readonly name: string;
  readonly does: string;
  readonly operands: readonly Operand[];
  readonly options: readonly CommandOption[];
  /** Shown below the options: what one has to know to use it. */
  readonly notes: readonly string[];
  readonly examples: readonly string[];
  run(invocation: Invocation): Promise<number>;
}

export interface Invocation {
  readonly operands: readonly string[];
  readonly options: OptionValues;
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * From this call on the first Ctrl-C or SIGTERM is the command's to heed: it aborts the signal; the second ends the process.
   * Before it each ends the process at once, whatever that is busy with: a build computes for seconds without looking up.
   */
  readonly interruption: () => AbortSignal;
}

export interface OptionValues {
  has(name: string): boolean;
  /** The last value given. */
  text(name: string): string | undefined;
  all(name: string): readonly string[];
}

export const jsonOption: CommandOption = { name: 'json', does: 'Print one JSON value for programs' };
