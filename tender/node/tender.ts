/**
 * The `node` tender: runs linked modules in V8, inside this process. For development and as the reference for what
 * calls mean; an endless loop in a guest stops everything here, so what isolates is the `process` target.
 */
import { readFile } from 'node:fs/promises';
import { createDialer, type Dial, type DialerOptions } from '../egress/dial.ts';
import { limitLines } from '../egress/limit-lines.ts';
import { type SlotSpec, type SlotState, type Tender, TenderError, type TenderEvent } from '../instances.ts';
import { ConsoleLog } from './console-log.ts';
import { type Instance, startInstance } from './instance.ts';
import { Port } from './port.ts';

interface Slot {
  readonly spec: SlotSpec;
  readonly module: WebAssembly.Module;
  readonly ports: ReadonlyMap<number, Port>;
  state: SlotState;
  instance: Instance | undefined;
  stopping: boolean;
}

const idPattern = /^[A-Za-z0-9._-]{1,128}$/;

export interface NodeTenderOptions {
  /** How outgoing connections are made. */
  readonly egress?: DialerOptions;
}

export function createNodeTender(options: NodeTenderOptions = {}): Tender {
  return new NodeTender(createDialer(options.egress));
}

class NodeTender implements Tender {
  readonly #slots = new Map<string, Slot>();
  readonly #listeners: ((event: TenderEvent) => void)[] = [];
  readonly #dial: Dial;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  async start(spec: SlotSpec): Promise<SlotState> {
    checkSpec(spec);
    if (this.#slots.has(spec.id)) throw new TenderError('exists', `a slot ${spec.id} exists already; stop it first`);
    const module = await loadModule(spec.imagePath);
    const ports = new Map<number, Port>();
    try {
      for (const { port, address, hostPort } of spec.listen) ports.set(port, await Port.open(port, address, hostPort));
      const slot: Slot = {
        spec,
        module,
        ports,
        state: { kind: 'asleep', bootCount: 0 },
        instance: undefined,
        stopping: false,
      };
      if (this.#slots.has(spec.id)) throw new TenderError('exists', `a slot ${spec.id} exists already; stop it first`);
      this.#slots.set(spec.id, slot);
      if (spec.boot === 'eager') this.#boot(slot);
      else this.#sleep(slot);
      return slot.state;
    } catch (error) {
      for (const port of ports.values()) port.close();
      throw error;
    }
  }

  async stop(id: string, graceMs: number): Promise<void> {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    slot.stopping = true;
    const { instance } = slot;
    for (const port of slot.ports.values()) port.close();
    if (instance !== undefined) {
      instance.drain();
      const timer = setTimeout(() => instance.kill(), graceMs);
      await instance.exit;
      clearTimeout(timer);
    }
    this.#slots.delete(id);
  }

  async list(): Promise<readonly TenderEvent[]> {
    return [...this.#slots.values()].map(({ spec, state }) => ({ id: spec.id, state }));
  }

  onEvent(listener: (event: TenderEvent) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#slots.keys()].map((id) => this.stop(id, 0)));
  }

  #change(slot: Slot, state: SlotState): void {
    slot.state = state;
    for (const listener of this.#listeners) listener({ id: slot.spec.id, state });
  }

  #sleep(slot: Slot): void {
    const wake = (): void => {
      if (slot.instance === undefined && !slot.stopping) this.#boot(slot);
    };
    for (const port of slot.ports.values()) port.onConnection(wake);
    if ([...slot.ports.values()].some((port) => port.waitingCount > 0)) wake();
  }

  #boot(slot: Slot): void {
    const { spec } = slot;
    const log = new ConsoleLog(spec.logPath);
    const machine = {
      ports: slot.ports,
      connect: spec.manifest.connect,
      dial: this.#dial,
      slot: spec.id,
      scope: spec.egress?.scope ?? '',
      complain: limitLines((line) => log.write(Buffer.from(`${line}\n`))),
      environment: spec.environment,
      console: (bytes: Uint8Array) => log.write(bytes),
      idleTimeoutMs: spec.idleTimeoutMs,
    };
    const instance = startInstance(slot.module, machine, spec.timeLimitMs);
    slot.instance = instance;
    const bootCount = slot.state.bootCount + 1;
    this.#change(slot, { kind: 'running', bootCount, pid: process.pid, startedAt: instance.startedAt });
    instance.exit.then((exit) => {
      log.end();
      slot.instance = undefined;
      if (spec.boot === 'lazy' && exit.code === 0 && !slot.stopping) {
        this.#change(slot, { kind: 'asleep', bootCount });
        this.#sleep(slot);
        return;
      }
      for (const port of slot.ports.values()) port.close();
      this.#change(slot, { kind: 'ended', bootCount, exit });
    });
  }
}

function checkSpec(spec: SlotSpec): void {
  if (!idPattern.test(spec.id)) throw new TenderError('id', `${JSON.stringify(spec.id)} is no slot id`);
  if (spec.boot === 'per-connection') {
    throw new TenderError('boot', 'an instance per connection needs the target hvt; V8 runs one instance for all');
  }
  const declared = new Set(spec.manifest.ports.map(({ port }) => port));
  for (const { port } of spec.listen) {
    if (!declared.has(port))
      throw new TenderError('port', `port ${port} is not declared by image ${spec.manifest.name}`);
  }
  if (spec.manifest.memory.initialBytes > spec.memoryLimitBytes) {
    throw new TenderError(
      'memory',
      `image ${spec.manifest.name} starts with ${spec.manifest.memory.initialBytes} bytes of memory, the limit is ${spec.memoryLimitBytes}`,
    );
  }
}

async function loadModule(path: string): Promise<WebAssembly.Module> {
  try {
    return await WebAssembly.compile(await readFile(path));
  } catch (error) {
    throw new TenderError('image', `cannot load ${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
