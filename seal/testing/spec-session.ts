import { decode } from '../decode/decode.ts';
import type { DecodedModule } from '../decode/module.ts';
import { type Instance, LinkedInstances } from './linked-instances.ts';
import { type Case, type Outcome, runCases } from './native-run.ts';
import type { JsonAction, JsonCommand } from './spec-commands.ts';
import { spectest } from './spectest.ts';

const importedFrom = (module: DecodedModule): readonly string[] => [
  ...module.functions.flatMap((fn) => (fn.kind === 'imported' ? [fn.module] : [])),
  ...[...module.tables, ...module.memories, ...module.globals].flatMap(({ imported }) => imported?.module ?? []),
];

/** Nothing that another module could disturb, and nothing to do before calls. */
export const holdsOnlyCode = ({ tables, memories, globals, elements, data, start }: DecodedModule): boolean =>
  [...tables, ...memories, ...globals, ...elements, ...data].length === 0 && start === undefined;

/** Modules that share a process, and what is to run in it. */
export class Session {
  readonly pending: { readonly command: JsonCommand; readonly item: Case }[] = [];
  private readonly linked = new LinkedInstances();
  private readonly named = new Map<string, Instance>();
  private current: Instance | undefined;
  /** A module that is compiled as it is, its segments applied by the compiler. */
  private direct: DecodedModule | undefined;

  holdsOnlyCode = true;

  /** What follows is about a module that does not exist yet. */
  forgetCurrent(): void {
    this.current = undefined;
  }

  /** `alone`: the script does nothing that needs instances to be linked. */
  add(command: JsonCommand, module: DecodedModule, { alone }: { readonly alone: boolean }): void {
    this.forgetCurrent();
    this.holdsOnlyCode = this.holdsOnlyCode && holdsOnlyCode(module);
    if (alone && importedFrom(module).length === 0) {
      this.direct = module;
      const exports = new Map(module.exports.map((item) => [item.name, item] as const));
      this.current = { exports, instantiate: undefined, partly: undefined };
      return;
    }
    // A memory may have grown to what an import asks for, which the script knows when it expects the import to fit.
    const instance = this.link(module, { grown: true });
    this.enqueue(command, instance.instantiate, { isolated: false });
    this.current = instance;
    if (command.name !== undefined) this.named.set(command.name, instance);
  }

  /** Throws `LinkError` if imports do not fit. */
  link(module: DecodedModule, options: { readonly grown: boolean }): Instance {
    if (importedFrom(module).includes('spectest') && !this.linked.isRegistered('spectest')) {
      this.linked.register('spectest', this.linked.add(decode(spectest()), options));
    }
    return this.linked.add(module, options);
  }

  /** An instance that traps on its way: it is tried in a child, and then what it did before the trap is done. */
  addTrapping(command: JsonCommand, module: DecodedModule): void {
    const { instantiate, partly } = this.link(module, { grown: true });
    if (instantiate === undefined) throw new Error('nothing in the module can trap');
    this.enqueue(command, instantiate, { isolated: true });
    this.enqueue({ type: 'module', line: command.line }, partly, { isolated: false });
  }

  register({ name, as = '' }: JsonCommand): void {
    const instance = name === undefined ? this.current : this.named.get(name);
    if (instance !== undefined) this.linked.register(as, instance);
  }

  /** Index of the function an action calls; undefined if there is none. */
  functionOf({ module, field, type }: JsonAction): number | undefined {
    const instance = module === undefined ? this.current : this.named.get(module);
    const item = instance?.exports.get(field);
    if (item === undefined) return undefined;
    if (type === 'get') return item.kind === 'global' ? this.linked.reading(item.index) : undefined;
    return item.kind === 'function' ? item.index : undefined;
  }

  enqueue(
    command: JsonCommand,
    functionIndex: number | undefined,
    options: Pick<Case, 'isolated'> & Partial<Pick<Case, 'arguments'>>,
  ): void {
    if (functionIndex === undefined) return;
    this.pending.push({ command, item: { functionIndex, arguments: [], ...options } });
  }

  run(): readonly Outcome[] {
    return runCases(
      this.direct ?? this.linked.module,
      this.pending.map(({ item }) => item),
    );
  }
}
