/** Performs what `supervision.ts` decides: worker threads, timers, log lines. One per cell, in the main thread. */
import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { PolicyRule } from '../server.ts';
import type { FromWorker, ToKernelWorker } from './protocol.ts';
import type { ServerReport } from './report.ts';
import { look, lookEveryMs } from './rest.ts';
import {
  defaultLimits,
  type Limits,
  report,
  type Supervision,
  type SupervisionEffect,
  type SupervisionEvent,
  supervise,
  unstarted,
} from './supervision.ts';

export interface WorkerSpec {
  readonly name: string;
  /** Entry of the thread. */
  readonly entry: URL;
  readonly data: unknown;
  readonly resourceLimits: ResourceLimits;
  /** The server's module has been loaded in a fresh thread; it waits for a `connect`. */
  readonly onDeclared?: (rules: readonly PolicyRule[]) => void;
  /** The worker said that it is ready. */
  readonly onReady?: (info: unknown) => void;
  /** The thread has ended, for whatever reason. */
  readonly onEnd?: (why: string) => void;
}

export interface SupervisorOptions {
  readonly log: (source: string, line: string) => void;
  readonly limits?: Limits;
}

interface Supervised {
  readonly spec: WorkerSpec;
  state: Supervision;
  worker: Worker | undefined;
  timer: NodeJS.Timeout | undefined;
  /** Processor time of the thread as last seen, and what it has worked since it last rested. */
  activeMs: number;
  workedMs: number;
  readonly settled: Set<() => void>;
}

export class Supervisor {
  readonly #workers = new Map<string, Supervised>();
  readonly #log: SupervisorOptions['log'];
  readonly #limits: Limits;
  #looking: NodeJS.Timeout | undefined;

  constructor(options: SupervisorOptions) {
    this.#log = options.log;
    this.#limits = options.limits ?? defaultLimits;
  }

  /** Starts a worker and keeps it running until `stop`. */
  start(spec: WorkerSpec): void {
    if (this.#workers.has(spec.name)) throw new Error(`worker ${spec.name} is already supervised`);
    const supervised: Supervised = {
      spec,
      state: unstarted,
      worker: undefined,
      timer: undefined,
      activeMs: 0,
      workedMs: 0,
      settled: new Set(),
    };
    this.#workers.set(spec.name, supervised);
    this.#looking ??= setInterval(() => {
      for (const each of this.#workers.values()) this.#lookAt(each);
    }, lookEveryMs).unref();
    this.#apply(supervised, { kind: 'start' });
  }

  /** To the worker's thread, when there is one just now. */
  send(name: string, message: ToKernelWorker): boolean {
    const worker = this.#workers.get(name)?.worker;
    if (worker === undefined) {
      if ('port' in message) message.port.close();
      return false;
    }
    worker.postMessage(message, 'port' in message ? [message.port] : []);
    return true;
  }

  reports(): readonly ServerReport[] {
    return [...this.#workers.values()].map(({ spec, state }) => report(spec.name, state));
  }

  /** Ends the thread as a crash would. */
  async kill(name: string): Promise<void> {
    const supervised = this.#workers.get(name);
    if (supervised === undefined) throw new Error(`no worker is called ${name}`);
    await supervised.worker?.terminate();
  }

  /** Resolves when every named worker has stopped and its thread is gone. */
  async stop(names: readonly string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        const supervised = this.#workers.get(name);
        if (supervised === undefined) return;
        this.#apply(supervised, { kind: 'stop' });
        if (supervised.state.phase.kind === 'stopped') return;
        await new Promise<void>((resolve) => supervised.settled.add(resolve));
      }),
    );
  }

  /** Measured from here, so that a thread that sleeps is not woken by it. */
  #lookAt(supervised: Supervised): void {
    const { worker } = supervised;
    if (worker === undefined) return;
    const { active } = worker.performance.eventLoopUtilization();
    const { workedMs, isTimeToRest } = look(supervised.workedMs, active - supervised.activeMs);
    supervised.activeMs = active;
    supervised.workedMs = workedMs;
    if (isTimeToRest) worker.postMessage({ kind: 'rest' } satisfies ToKernelWorker);
  }

  #apply(supervised: Supervised, event: SupervisionEvent): void {
    const step = supervise(supervised.state, event, performance.now(), this.#limits);
    supervised.state = step.state;
    for (const effect of step.effects) this.#perform(supervised, effect);
    if (supervised.state.phase.kind === 'stopped') {
      clearTimeout(supervised.timer);
      for (const resolve of supervised.settled) resolve();
      supervised.settled.clear();
      if ([...this.#workers.values()].every(({ state }) => state.phase.kind === 'stopped')) {
        clearInterval(this.#looking);
        this.#looking = undefined;
      }
    }
  }

  #perform(supervised: Supervised, effect: SupervisionEffect): void {
    switch (effect.kind) {
      case 'spawn':
        this.#spawn(supervised);
        return;
      case 'ask-to-stop':
        supervised.worker?.postMessage({ kind: 'stop' } satisfies ToKernelWorker);
        return;
      case 'terminate':
        void supervised.worker?.terminate();
        return;
      case 'wake':
        clearTimeout(supervised.timer);
        supervised.timer = setTimeout(
          () => this.#apply(supervised, { kind: 'due' }),
          Math.max(0, Math.ceil(effect.at - performance.now())),
        );
        return;
      case 'log':
        this.#log(supervised.spec.name, effect.line);
    }
  }

  #spawn(supervised: Supervised): void {
    const { spec } = supervised;
    const worker = new Worker(spec.entry, {
      name: spec.name,
      workerData: spec.data,
      resourceLimits: spec.resourceLimits,
    });
    supervised.worker = worker;
    supervised.activeMs = 0;
    supervised.workedMs = 0;
    let why: string | undefined;
    worker.on('message', (message: FromWorker) => {
      switch (message.kind) {
        case 'ready':
          this.#apply(supervised, { kind: 'ready' });
          spec.onReady?.(message.info);
          return;
        case 'declared':
          spec.onDeclared?.(message.rules);
          return;
        case 'log':
          this.#log(spec.name, message.line);
          return;
        case 'failed':
          why = message.why;
      }
    });
    worker.on('error', (error: unknown) => {
      why = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    worker.on('exit', (code) => {
      supervised.worker = undefined;
      why ??= `its thread ended with exit code ${code}`;
      this.#apply(supervised, { kind: 'ended', why });
      spec.onEnd?.(why);
    });
  }
}
