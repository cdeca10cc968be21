/** The two streams of a command: data on stdout, everything else on stderr; colour only where somebody sees it. */
import { styleText } from 'node:util';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export interface Terminal {
  /** Data: what the command was asked for. */
  print(text: string): void;
  /** Data as it is, without a line end of ours. */
  write(text: string): void;
  printJson(value: unknown): void;
  /** Progress and remarks. */
  note(text: string): void;
  /** Styles text for stdout. */
  style(style: Style, text: string): string;
  /** Styles text for stderr. */
  noteStyle(style: Style, text: string): string;
  /** Columns of stdout; unlimited when it is not a terminal. */
  readonly width: number;
}

export function createTerminal(
  stdout: Output,
  stderr: Output,
  environment: Readonly<Record<string, string | undefined>>,
): Terminal {
  // https://no-color.org: any value but the empty string.
  const isColourWanted = (environment.NO_COLOR ?? '') === '' && environment.TERM !== 'dumb';
  const styler =
    (output: Output) =>
    (style: Style, text: string): string =>
      isColourWanted && output.isTTY === true ? styleText(style, text, { validateStream: false }) : text;
  return {
    print: (text) => {
      stdout.write(`${text}\n`);
    },
    write: (text) => {
      stdout.write(text);
    },
    printJson: (value) => {
      stdout.write(`${JSON.stringify(value)}\n`);
    },
    note: (text) => {
      stderr.write(`${text}\n`);
    },
    style: styler(stdout),
    noteStyle: styler(stderr),
    width: stdout.isTTY === true ? (stdout.columns ?? 80) : Number.POSITIVE_INFINITY,
  };
}
