/** The machine ABI (libos/abi.ts) on Node: one object per instance, one function per row of the table. */
import { randomFillSync } from 'node:crypto';
import { machineErrors, readyBits } from '@diatom/libos';
import { type Dial, EgressError } from '../egress/dial.ts';
import { Connection } from './connection.ts';
import { suspending } from './jspi.ts';
import type { Port } from './port.ts';

/** How an instance ends itself: thrown through the guest's frames. */
export class GuestExit extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`exit ${status}`);
    this.status = status;
  }
}

/** A call whose arguments cannot be meant, and which has no result to say so by. */
export class GuestFault extends Error {}

export class Killed extends Error {}

export interface MachineOptions {
  readonly ports: ReadonlyMap<number, Port>;
  /** What the instance may connect to, as its manifest says it. */
  readonly connect: readonly string[];
  readonly dial: Dial;
  readonly slot: string;
  readonly scope: string;
  /** Says on the instance's log why a connection it asked for does not come about. */
  readonly complain: (line: string) => void;
  readonly environment: Readonly<Record<string, string>>;
  readonly console: (bytes: Uint8Array) => void;
  readonly idleTimeoutMs: number;
}

type Handle =
  | { readonly kind: 'port'; readonly port: Port }
  | { readonly kind: 'connection'; readonly connection: Connection };

const largestHandleCount = 60_000;

/** An outgoing connection keeps an instance awake that has no other until it has been quiet this long. */
const quietMs = 30_000;
/** When the instance is to end: this long. */
const quietDrainingMs = 2_000;

export class Machine {
  readonly #options: MachineOptions;
  readonly #environment: Uint8Array;
  readonly #handles = new Map<number, Handle>();
  readonly #freeHandles: number[] = [];
  #nextHandle = 3;
  /** Accepted. */
  #openConnections = 0;
  #openOutgoing = 0;
  /** When an outgoing connection was used last, on the monotonic clock. */
  #lastUseMs = 0;
  readonly #ready = new Map<number, number>();
  #wake: () => void = () => {};
  #killed = false;
  #draining = false;
  #memory: WebAssembly.Memory | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
    const text = Object.entries(options.environment).map(([name, value]) => `${name}=${value}\0`);
    this.#environment = Buffer.from(text.join(''));
  }

  /** Before the guest runs. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  imports(): WebAssembly.ModuleImports {
    return {
      console_write: (ptr: number, len: number) =>
        this.#options.console(this.#required('console_write', ptr, len).slice()),
      clock_monotonic: () => process.hrtime.bigint(),
      clock_wall: () => BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
      entropy: (ptr: number, len: number) => {
        if (len > 256) throw new GuestFault(`entropy: ${len} bytes in one call, at most 256 are allowed`);
        randomFillSync(this.#required('entropy', ptr, len));
      },
      environ: (ptr: number, len: number) => this.#environ(ptr, len),
      exit: (status: number) => {
        throw new GuestExit(status & 255);
      },
      yield: suspending((deadline: bigint, ptr: number, capacity: number) => this.#yield(deadline, ptr, capacity)),
      sock_listen: (port: number) => this.#listen(port),
      sock_accept: (handle: number) => this.#accept(handle),
      sock_connect: (ptr: number, len: number) => this.#connect(ptr, len),
      sock_receive: (handle: number, ptr: number, len: number) => this.#transfer(handle, ptr, len, 'receive'),
      sock_send: (handle: number, ptr: number, len: number) => this.#transfer(handle, ptr, len, 'send'),
      sock_shutdown: (handle: number) => {
        const connection = this.#connectionOf(handle);
        connection?.shutdown();
        return connection === undefined ? machineErrors.invalid : 0;
      },
      sock_close: (handle: number) => this.#close(handle),
      // There is no device here, and a program is told so.
      net_info: () => machineErrors.denied,
      net_read: () => machineErrors.denied,
      net_write: () => machineErrors.denied,
      block_info: () => machineErrors.denied,
      block_read: () => machineErrors.denied,
      block_write: () => machineErrors.denied,
    };
  }

  /** Accept nothing more; the instance ends when its last connection has closed. */
  drain(): void {
    this.#draining = true;
    for (const [number, handle] of this.#handles) {
      if (handle.kind === 'port') this.#notify(number, readyBits.hangup);
    }
    this.#wake();
  }

  /** End the instance at its next wait. */
  kill(): void {
    this.#killed = true;
    this.#wake();
  }

  /** Give back whatever the instance held. */
  dispose(): void {
    for (const handle of this.#handles.values()) {
      if (handle.kind === 'connection') handle.connection.close();
      else handle.port.onConnection(() => {});
    }
    this.#handles.clear();
  }

  #bytes(ptr: number, len: number): Uint8Array | undefined {
    const start = ptr >>> 0;
    const size = len >>> 0;
    if (size === 0) return new Uint8Array();
    if (this.#memory === undefined || start + size > this.#memory.buffer.byteLength) return undefined;
    return new Uint8Array(this.#memory.buffer, start, size);
  }

  #required(call: string, ptr: number, len: number): Uint8Array {
    const bytes = this.#bytes(ptr, len);
    if (bytes === undefined) throw new GuestFault(`${call}: ${len >>> 0} bytes at ${ptr >>> 0} are not in memory`);
    return bytes;
  }

  #environ(ptr: number, len: number): number {
    const target = this.#bytes(ptr, len);
    if (target === undefined) return machineErrors.invalid;
    target.set(this.#environment.subarray(0, target.length));
    return this.#environment.length;
  }

  #add(handle: Handle): number {
    if (this.#handles.size >= largestHandleCount) return machineErrors.limit;
    // The smallest free number, as a file descriptor would be.
    const number = this.#freeHandles.pop() ?? this.#nextHandle++;
    this.#handles.set(number, handle);
    return number;
  }

  #notify(handle: number, bits: number): void {
    this.#ready.set(handle, (this.#ready.get(handle) ?? 0) | bits);
    this.#wake();
  }

  #listen(portNumber: number): number {
    const port = this.#options.ports.get(portNumber);
    if (port === undefined) return machineErrors.denied;
    for (const handle of this.#handles.values()) {
      if (handle.kind === 'port' && handle.port === port) return machineErrors.invalid;
    }
    const number = this.#add({ kind: 'port', port });
    if (number < 0) return number;
    port.onConnection(() => this.#notify(number, readyBits.readable));
    if (port.waitingCount > 0) this.#notify(number, readyBits.readable);
    return number;
  }

  #adopt(connection: Connection): number {
    const number = this.#add({ kind: 'connection', connection });
    if (number < 0) {
      connection.destroy();
      return number;
    }
    if (connection.isOutgoing) this.#openOutgoing++;
    else this.#openConnections++;
    connection.attach((bits) => this.#notify(number, bits));
    return number;
  }

  #accept(handle: number): number {
    const listener = this.#handles.get(handle);
    if (listener?.kind !== 'port') return machineErrors.invalid;
    const connection = this.#draining ? undefined : listener.port.accept();
    return connection === undefined ? machineErrors.again : this.#adopt(connection);
  }

  #connect(ptr: number, len: number): number {
    const bytes = this.#bytes(ptr, len);
    if (bytes === undefined) return machineErrors.invalid;
    const text = Buffer.from(bytes).toString('latin1');
    const { slot, connect, dial, scope, complain } = this.#options;
    const connection = Connection.dialed(
      (signal) => dial({ slot, text, connect, scope }, signal),
      (error) => {
        complain(error instanceof Error ? error.message : String(error));
        return machineErrors[error instanceof EgressError ? error.code : 'refused'];
      },
    );
    this.#lastUseMs = performance.now();
    return this.#adopt(connection);
  }

  #connectionOf(handle: number): Connection | undefined {
    const found = this.#handles.get(handle);
    return found?.kind === 'connection' ? found.connection : undefined;
  }

  #transfer(handle: number, ptr: number, len: number, direction: 'receive' | 'send'): number {
    const connection = this.#connectionOf(handle);
    const bytes = this.#bytes(ptr, len);
    if (connection === undefined || bytes === undefined) return machineErrors.invalid;
    if (connection.isOutgoing) this.#lastUseMs = performance.now();
    return direction === 'receive' ? connection.receive(bytes) : connection.send(bytes);
  }

  #close(handle: number): number {
    const found = this.#handles.get(handle);
    if (found === undefined) return machineErrors.invalid;
    this.#handles.delete(handle);
    this.#ready.delete(handle);
    this.#freeHandles.push(handle);
    if (found.kind === 'port') {
      found.port.onConnection(() => {});
    } else {
      if (found.connection.isOutgoing) this.#openOutgoing--;
      else this.#openConnections--;
      found.connection.close();
    }
    return 0;
  }

  #somethingWaits(): boolean {
    for (const handle of this.#handles.values()) {
      if (handle.kind === 'port' && handle.port.waitingCount > 0) return true;
    }
    return false;
  }

  async #yield(deadline: bigint, ptr: number, capacity: number): Promise<number> {
    const target = this.#required('yield', ptr, (capacity >>> 0) * 8);
    // Let Node see to its sockets: a guest that only looks must not keep it from doing so.
    if (this.#ready.size === 0) await new Promise((resolve) => setImmediate(resolve));
    this.#endIfDone();
    if (this.#ready.size === 0 && deadline !== 0n) await this.#wait(deadline);
    this.#endIfDone();

    const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
    let count = 0;
    for (const [handle, bits] of this.#ready) {
      if (count === capacity) break;
      view.setUint32(count * 8, handle, true);
      view.setUint32(count * 8 + 4, bits, true);
      this.#ready.delete(handle);
      count++;
    }
    return count;
  }

  /** How long until no connection keeps the instance awake; for ever while one is open that was accepted. */
  #quietInMs(afterMs: number): number {
    if (this.#openConnections > 0) return Number.POSITIVE_INFINITY;
    return this.#openOutgoing === 0 ? 0 : this.#lastUseMs + afterMs - performance.now();
  }

  #endIfDone(): void {
    if (this.#killed) throw new Killed('killed');
    if (this.#draining && this.#quietInMs(quietDrainingMs) <= 0) throw new GuestExit(0);
  }

  async #wait(deadline: bigint): Promise<void> {
    const leftMs = deadline < 0n ? Number.POSITIVE_INFINITY : Number(deadline - process.hrtime.bigint()) / 1e6;
    const idleMs = this.#options.idleTimeoutMs;
    const quietInMs = this.#quietInMs(this.#draining ? quietDrainingMs : quietMs);
    const endsInMs = this.#draining ? quietInMs : idleMs > 0 ? Math.max(idleMs, quietInMs) : Number.POSITIVE_INFINITY;
    const waitMs = Math.min(leftMs, endsInMs);
    const woken = await this.#sleep(waitMs);
    if (!woken && waitMs === endsInMs && this.#ready.size === 0 && !this.#somethingWaits()) throw new GuestExit(0);
  }

  /** True when something happened before the time was over. */
  #sleep(milliseconds: number): Promise<boolean> {
    return new Promise((resolve) => {
      const longest = 0x7fffffff;
      const timer = Number.isFinite(milliseconds)
        ? setTimeout(() => done(false), Math.min(Math.max(Math.ceil(milliseconds), 0), longest))
        : undefined;
      const done = (woken: boolean): void => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(woken);
      };
      this.#wake = () => done(true);
    });
  }
}
