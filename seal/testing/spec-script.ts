/**
 * Runs a WebAssembly spec script that wast2json has taken apart: natively, one executable per module, or one for the whole
 * script where its modules use each other.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decode } from '../decode/decode.ts';
import { ModuleError } from '../decode/error.ts';
import type { DecodedModule } from '../decode/module.ts';
import { validate } from '../decode/validate.ts';
import { LinkError } from './linked-instances.ts';
import { bitsOf, complaint, expectsTrap, type JsonCommand } from './spec-commands.ts';
import { holdsOnlyCode, Session } from './spec-session.ts';

export interface ScriptResult {
  /** By type of command. */
  readonly passed: Map<string, number>;
  /** By reason. */
  readonly skipped: Map<string, number>;
  readonly failures: string[];
}

const count = (counts: Map<string, number>, key: string, by = 1): void => {
  counts.set(key, (counts.get(key) ?? 0) + by);
};

const needsLinking = ({ type, action }: JsonCommand): boolean =>
  type === 'register' || action?.module !== undefined || action?.type === 'get';

class Script {
  readonly result: ScriptResult = { passed: new Map(), skipped: new Map(), failures: [] };
  private readonly directory: string;
  private readonly alone: boolean;
  private session = new Session();

  constructor(directory: string, commands: readonly JsonCommand[]) {
    this.directory = directory;
    this.alone = !commands.some(needsLinking);
  }

  private fail(command: JsonCommand, why: string): void {
    this.result.failures.push(`line ${command.line}: ${command.type} ${command.action?.field ?? ''}: ${why}`);
  }

  private attempt(command: JsonCommand, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (error instanceof ModuleError && error.code === 'unsupported') {
        count(this.result.skipped, `${command.type} of ${error.reason.replaceAll(/\d{4,}/g, 'N')}`);
      } else {
        this.fail(command, error instanceof Error ? String(error.stack) : String(error));
      }
    }
  }

  private read(command: JsonCommand): DecodedModule {
    const module = decode(readFileSync(join(this.directory, command.filename ?? '')));
    validate(module);
    return module;
  }

  run(commands: readonly JsonCommand[]): void {
    for (const command of commands) {
      if (command.module_type === 'text') {
        count(this.result.skipped, `${command.type} of text, which no compiler of binaries reads`);
      } else {
        this.attempt(command, () => this.command(command));
      }
    }
    this.flush();
  }

  private command(command: JsonCommand): void {
    switch (command.type) {
      case 'module':
        this.load(command);
        return;
      case 'register':
        this.session.register(command);
        return;
      case 'assert_malformed':
      case 'assert_invalid':
        this.expectRefusal(command);
        return;
      case 'assert_unlinkable':
        this.expectLinkError(command);
        return;
      case 'assert_uninstantiable':
        this.expectTrapAtStart(command);
        return;
      case 'action':
      case 'assert_return':
      case 'assert_trap':
      case 'assert_exhaustion':
        this.enqueue(command);
        return;
      default:
        throw new Error(`unknown command ${command.type}`);
    }
  }

  private load(command: JsonCommand): void {
    this.session.forgetCurrent();
    const module = this.read(command);
    const isCode = holdsOnlyCode(module);
    // Modules of functions alone share a process: some scripts have hundreds of them.
    if (this.alone && !(isCode && this.session.holdsOnlyCode)) this.flush();
    this.session.add(command, module, { alone: this.alone && !isCode });
  }

  private expectRefusal(command: JsonCommand): void {
    const expected = command.type === 'assert_malformed' ? 'malformed' : 'invalid';
    try {
      this.read(command);
    } catch (error) {
      if (!(error instanceof ModuleError) || error.code === 'unsupported') throw error;
      if (error.code === expected) count(this.result.passed, command.type);
      else this.fail(command, `${error.message}, expected ${expected}: ${command.text}`);
      return;
    }
    this.fail(command, `accepted, but ${command.text}`);
  }

  private expectLinkError(command: JsonCommand): void {
    const session = this.alone ? new Session() : this.session;
    try {
      session.link(this.read(command), { grown: false });
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      count(this.result.passed, command.type);
      return;
    }
    this.fail(command, `linked, but ${command.text}`);
  }

  private expectTrapAtStart(command: JsonCommand): void {
    const session = this.alone ? new Session() : this.session;
    session.addTrapping(command, this.read(command));
    if (this.alone) this.judge(session);
  }

  private enqueue(command: JsonCommand): void {
    const { action } = command;
    if (action === undefined) throw new Error('no action');
    const index = this.session.functionOf(action);
    if (index === undefined) {
      count(this.result.skipped, `${command.type} on a module that was left out`);
      return;
    }
    const args = (action.args ?? []).map((value) => ({ type: value.type, bits: bitsOf(value) }));
    this.session.enqueue(command, index, { isolated: expectsTrap(command), arguments: args });
  }

  private flush(): void {
    this.judge(this.session);
    this.session = new Session();
  }

  private judge(session: Session): void {
    const { pending } = session;
    const [first] = pending;
    if (first === undefined) return;
    this.attempt(first.command, () => {
      const outcomes = session.run();
      for (const [index, { command }] of pending.entries()) {
        const wrong = complaint(command, outcomes[index] ?? { kind: 'missing' });
        if (wrong !== undefined) this.fail(command, wrong);
        else count(this.result.passed, command.type === 'module' ? 'instantiation' : command.type);
      }
    });
  }
}

/** `path` is the JSON that wast2json wrote, its modules beside it. */
export function runSpecScript(path: string): ScriptResult {
  const { commands } = JSON.parse(readFileSync(path, 'utf8')) as { readonly commands: readonly JsonCommand[] };
  const script = new Script(join(path, '..'), commands);
  script.run(commands);
  return script.result;
}
