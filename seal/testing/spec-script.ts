/** Runs a WebAssembly spec script that wast2json has taken apart: natively, one executable per module. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from '../decode/decode.ts';
import { ModuleError } from '../decode/error.ts';
import type { DecodedModule, ValueType } from '../decode/module.ts';
import { validate } from '../decode/validate.ts';
import { type Case, type Outcome, runCases } from './native-run.ts';
import { withSpectest } from './spectest.ts';

interface JsonValue {
  readonly type: ValueType;
  readonly value?: string;
}

interface JsonAction {
  readonly type: string;
  readonly field: string;
  readonly module?: string;
  readonly args?: readonly JsonValue[];
}

interface JsonCommand {
  readonly type: string;
  readonly line: number;
  readonly filename?: string;
  readonly module_type?: string;
  readonly action?: JsonAction;
  readonly expected?: readonly JsonValue[];
  readonly text?: string;
}

export interface ScriptResult {
  passed: number;
  /** Commands that need what an image cannot have: several instances, imports of other modules. */
  skipped: number;
  readonly failures: string[];
}

interface PendingCase {
  readonly command: JsonCommand;
  readonly item: Case;
}

/** A null reference is 0, so host references count from 1. */
const bitsOf = ({ type, value = '0' }: JsonValue): bigint => {
  if (value === 'null') return 0n;
  return type === 'externref' ? BigInt(value) + 1n : BigInt(value);
};

function matches({ type, value = '' }: JsonValue, bits: bigint): boolean {
  if (type === 'funcref' && value !== 'null') return bits !== 0n;
  if (value.startsWith('nan:')) {
    const payloadBits = type === 'f32' ? 23n : 52n;
    const width = type === 'f32' ? 32 : 64;
    const quiet = 1n << (payloadBits - 1n);
    const exponent = ((1n << (BigInt(width) - payloadBits - 1n)) - 1n) << payloadBits;
    const magnitude = bits & ((1n << BigInt(width - 1)) - 1n);
    if (value === 'nan:canonical') return magnitude === (exponent | quiet);
    return (magnitude & (exponent | quiet)) === (exponent | quiet);
  }
  return bits === bitsOf({ type, value });
}

const trapNames: Readonly<Record<number, RegExp>> = {
  1: /^unreachable/,
  2: /^integer divide by zero/,
  3: /^integer overflow/,
  4: /^invalid conversion to integer/,
  5: /^(undefined element|uninitialized element|out of bounds table access|undefined)/,
  6: /^indirect call type mismatch/,
  7: /^out of bounds/,
};

function isExpectedTrap(command: JsonCommand, outcome: Outcome): boolean {
  if (outcome.kind !== 'trap') return false;
  const expected = command.text ?? '';
  if (outcome.signal === 11) return /^(out of bounds memory access|call stack exhausted)/.test(expected);
  return outcome.signal === 4 && (trapNames[outcome.code]?.test(expected) ?? false);
}

class Script {
  readonly result: ScriptResult = { passed: 0, skipped: 0, failures: [] };
  private readonly directory: string;
  private module: DecodedModule | undefined;
  private pending: PendingCase[] = [];

  constructor(directory: string) {
    this.directory = directory;
  }

  private fail(command: JsonCommand, why: string): void {
    this.result.failures.push(`line ${command.line}: ${command.type} ${command.action?.field ?? ''}: ${why}`);
  }

  private bytes(command: JsonCommand): Uint8Array {
    return readFileSync(join(this.directory, command.filename ?? ''));
  }

  run(commands: readonly JsonCommand[]): void {
    for (const command of commands) this.command(command);
    this.flush();
  }

  private command(command: JsonCommand): void {
    switch (command.type) {
      case 'module':
        this.flush();
        this.load(command);
        return;
      case 'register':
        return;
      case 'assert_malformed':
        if (command.module_type === 'binary') this.refuse(command, () => validate(decode(this.bytes(command))));
        return;
      case 'assert_invalid':
        if (command.module_type === 'binary') {
          this.refuse(command, () => validate(decode(this.bytes(command))));
        }
        return;
      case 'action':
      case 'assert_return':
      case 'assert_trap':
      case 'assert_exhaustion':
        this.enqueue(command);
        return;
      default:
        this.result.skipped += 1;
    }
  }

  private refuse(command: JsonCommand, attempt: () => unknown): void {
    try {
      attempt();
    } catch (error) {
      if (error instanceof ModuleError) this.result.passed += 1;
      else this.fail(command, `unexpected ${error instanceof Error ? error.stack : error}`);
      return;
    }
    this.fail(command, `accepted, but ${command.text}`);
  }

  private load(command: JsonCommand): void {
    this.module = undefined;
    try {
      this.module = withSpectest(decode(this.bytes(command)));
    } catch (error) {
      this.fail(command, error instanceof Error ? error.message : String(error));
    }
  }

  private enqueue(command: JsonCommand): void {
    const { action } = command;
    const { module } = this;
    if (action === undefined || module === undefined || action.module !== undefined || action.type !== 'invoke') {
      this.result.skipped += 1;
      return;
    }
    const found = module.exports.find(({ kind, name }) => kind === 'function' && name === action.field);
    if (found === undefined) {
      this.result.skipped += 1;
      return;
    }
    const isolated = command.type === 'assert_trap' || command.type === 'assert_exhaustion';
    const args = (action.args ?? []).map((value) => ({ type: value.type, bits: bitsOf(value) }));
    this.pending.push({ command, item: { functionIndex: found.index, arguments: args, isolated } });
  }

  private flush(): void {
    const { module, pending } = this;
    this.pending = [];
    if (module === undefined || pending.length === 0) return;
    let outcomes: readonly Outcome[];
    try {
      outcomes = runCases(
        module,
        pending.map(({ item }) => item),
      );
    } catch (error) {
      const [first] = pending;
      if (error instanceof ModuleError && error.code === 'unsupported') this.result.skipped += pending.length;
      else if (first !== undefined)
        this.fail(first.command, `module of ${pending.length} cases: ${error instanceof Error ? error.stack : error}`);
      return;
    }
    for (const [index, { command }] of pending.entries()) {
      this.judge(command, outcomes[index] ?? { kind: 'missing' });
    }
  }

  private judge(command: JsonCommand, outcome: Outcome): void {
    const show = () =>
      outcome.kind === 'results'
        ? `got ${outcome.bits.map((bits) => `0x${bits.toString(16)}`).join(' ')}`
        : JSON.stringify(outcome);
    if (command.type === 'assert_trap' || command.type === 'assert_exhaustion') {
      if (isExpectedTrap(command, outcome)) this.result.passed += 1;
      else this.fail(command, `${show()}, expected ${command.text}`);
      return;
    }
    const expected = command.expected ?? [];
    if (outcome.kind === 'results' && expected.every((value, index) => matches(value, outcome.bits[index] ?? 0n))) {
      this.result.passed += 1;
      return;
    }
    this.fail(command, `${show()}, expected ${expected.map(({ value }) => value).join(' ')}`);
  }
}

/** `path` is the JSON that wast2json wrote, its modules beside it. */
export function runSpecScript(path: string): ScriptResult {
  const { commands } = JSON.parse(readFileSync(path, 'utf8')) as { readonly commands: readonly JsonCommand[] };
  const script = new Script(join(path, '..'));
  script.run(commands);
  return script.result;
}
