/** Console standard §1. Everything goes to the instance's log; warnings and errors are marked as such by the stream. */

import { host } from '../host.ts';
import { format, inspect } from './format.ts';
import { table } from './table.ts';

let indent = '';
const counts = new Map<string, number>();
const timersMs = new Map<string, number>();

function write(stream: 'out' | 'error', text: string): void {
  host.consoleWrite(indent === '' ? text : indent + text.replaceAll('\n', `\n${indent}`), stream);
}

const out =
  () =>
  (...values: readonly unknown[]): void =>
    write('out', values.length === 0 ? '' : format(values));

const error =
  () =>
  (...values: readonly unknown[]): void =>
    write('error', values.length === 0 ? '' : format(values));

const labelOf = (label: unknown): string => (label === undefined ? 'default' : String(label));

function elapsed(label: string): string | null {
  const startMs = timersMs.get(label);
  if (startMs === undefined) {
    write('error', `Timer '${label}' does not exist`);
    return null;
  }
  return `${label}: ${(host.monotonicMs() - startMs).toFixed(3)}ms`;
}

function group(...values: readonly unknown[]): void {
  if (values.length > 0) write('out', format(values));
  indent += '  ';
}

/** §1: a namespace object whose prototype is an empty object of its own. */
export const console = Object.assign(Object.create({}) as object, {
  log: out(),
  info: out(),
  debug: out(),
  warn: error(),
  error: error(),
  trace(...values: readonly unknown[]): void {
    const stack = (new Error().stack ?? '').replace(/^Error\n/, '');
    write('error', `Trace${values.length === 0 ? '' : `: ${format(values)}`}\n${stack}`.trimEnd());
  },
  assert(condition?: unknown, ...values: readonly unknown[]): void {
    if (condition) return;
    const [first, ...rest] = values;
    if (values.length === 0) write('error', 'Assertion failed');
    else if (typeof first === 'string') write('error', format([`Assertion failed: ${first}`, ...rest]));
    else write('error', format(['Assertion failed:', ...values]));
  },
  dir(value?: unknown): void {
    write('out', inspect(value));
  },
  dirxml: out(),
  table(data?: unknown, columns?: readonly string[]): void {
    write('out', table(data, columns) ?? format([data]));
  },
  count(label?: string): void {
    const name = labelOf(label);
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    write('out', `${name}: ${count}`);
  },
  countReset(label?: string): void {
    const name = labelOf(label);
    if (!counts.delete(name)) write('error', `Count for '${name}' does not exist`);
  },
  group,
  groupCollapsed: group,
  groupEnd(): void {
    indent = indent.slice(2);
  },
  time(label?: string): void {
    const name = labelOf(label);
    if (timersMs.has(name)) write('error', `Timer '${name}' already exists`);
    else timersMs.set(name, host.monotonicMs());
  },
  timeLog(label?: string, ...values: readonly unknown[]): void {
    const text = elapsed(labelOf(label));
    if (text !== null) write('out', values.length === 0 ? text : `${text} ${format(values)}`);
  },
  timeEnd(label?: string): void {
    const name = labelOf(label);
    const text = elapsed(name);
    if (text === null) return;
    timersMs.delete(name);
    write('out', text);
  },
  clear(): void {
    indent = '';
  },
});

Object.defineProperty(console, Symbol.toStringTag, { value: 'console', configurable: true });
