/**
 * A machine made of a script and a random number generator: bytes arrive and leave in any pieces at any moment, time
 * passes only when nothing else can happen, and readiness is edge-triggered exactly as epoll has it (epoll(7)): state
 * is looked at when it is reported, and what was reported is not reported again.
 */
import { machineErrors, machineModule, readyBits } from '@diatom/libos';

export interface SimulatedConnection {
  /** What the client sends; it ends its side afterwards, unless it stays. */
  readonly sends: Uint8Array;
  readonly stays?: boolean;
}

export interface Outcome {
  /** What each client received. */
  readonly received: readonly Buffer[];
  /** When each client received its first byte. */
  readonly answeredNs: readonly (bigint | undefined)[];
  /** Nanoseconds that had to pass. */
  readonly elapsedNs: bigint;
  /** Connections the guest has not closed. */
  readonly open: number;
}

class Finished extends Error {}

interface Wire {
  readonly sends: Uint8Array;
  readonly stays: boolean;
  delivered: number;
  ended: boolean;
  taken: number;
  room: number;
  edge: boolean;
  closed: boolean;
  readonly received: Buffer[];
  answeredNs: bigint | undefined;
}

const listener = 4;
const firstHandle = 10;
const wallNs = 1_767_225_600_000_000_000n;
const startNs = 1_000_000_000n;

/** `next(limit)` gives a number below `limit`; without it everything arrives at once and is taken at once. */
export function simulate(
  module: WebAssembly.Module,
  connections: readonly SimulatedConnection[],
  next?: (limit: number) => number,
): Outcome {
  const wires: Wire[] = connections.map(({ sends, stays = false }) => ({
    sends,
    stays,
    delivered: 0,
    ended: false,
    taken: 0,
    room: next === undefined ? Number.POSITIVE_INFINITY : 1 + next(5000),
    edge: false,
    closed: false,
    received: [],
    answeredNs: undefined,
  }));
  let now = startNs;
  let accepted = 0;
  let listenerEdge = true;
  let memory: WebAssembly.Memory | undefined;
  const bytes = (ptr: number, len: number) => new Uint8Array(memory?.buffer ?? new ArrayBuffer(0), ptr >>> 0, len);

  /** Something happens on the network; false when nothing is left to happen. */
  const happen = (): boolean => {
    const hasMore = ({ closed, ended, stays, room, sends, delivered }: Wire): boolean =>
      !closed && (room === 0 || (stays ? delivered < sends.length : !ended));
    const open = wires.slice(0, accepted).filter(hasMore);
    const wire = open[next === undefined ? 0 : next(Math.max(open.length, 1))];
    if (wire === undefined) return false;
    const left = wire.sends.length - wire.delivered;
    if (wire.room === 0) {
      wire.room = next === undefined ? Number.POSITIVE_INFINITY : 1 + next(5000);
    } else if (left > 0) {
      wire.delivered += next === undefined ? left : Math.min(left, 1 + next(next(4) === 0 ? 4000 : 20));
      if (!wire.stays && wire.delivered === wire.sends.length && (next === undefined || next(2) === 0))
        wire.ended = true;
    } else {
      wire.ended = true;
    }
    wire.edge = true;
    return true;
  };
  const maybeHappen = (): void => {
    while (next !== undefined && next(3) === 0 && happen());
  };
  const wireOf = (handle: number): Wire => {
    const wire = wires[handle - firstHandle];
    if (wire === undefined || wire.closed) throw new Error(`the guest used handle ${handle}, which is not open`);
    return wire;
  };
  const bitsOf = (wire: Wire): number =>
    (wire.delivered > wire.taken || wire.ended ? readyBits.readable : 0) |
    (wire.room > 0 ? readyBits.writable : 0) |
    (wire.ended ? readyBits.hangup : 0);

  const calls = {
    console_write: () => {},
    clock_monotonic: () => now,
    clock_wall: () => wallNs,
    entropy: (ptr: number, len: number) => void bytes(ptr, len).fill(7),
    environ: () => 0,
    exit: () => {
      throw new Finished();
    },
    sock_listen: () => listener,
    sock_accept: () => {
      maybeHappen();
      if (accepted === wires.length || (next !== undefined && next(3) === 0)) {
        listenerEdge = accepted < wires.length;
        return machineErrors.again;
      }
      const wire = wires[accepted];
      if (wire !== undefined) wire.edge = true;
      return firstHandle + accepted++;
    },
    sock_connect: () => machineErrors.denied,
    sock_receive: (handle: number, ptr: number, len: number) => {
      const wire = wireOf(handle);
      if (next === undefined) happen();
      maybeHappen();
      const count = Math.min(len, wire.delivered - wire.taken);
      if (count === 0) return wire.ended ? 0 : machineErrors.again;
      bytes(ptr, count).set(wire.sends.subarray(wire.taken, wire.taken + count));
      wire.taken += count;
      return count;
    },
    sock_send: (handle: number, ptr: number, len: number) => {
      const wire = wireOf(handle);
      maybeHappen();
      const count = Math.min(len, wire.room);
      if (count === 0) return machineErrors.again;
      wire.room -= count;
      wire.answeredNs ??= now - startNs;
      wire.received.push(Buffer.from(bytes(ptr, count)));
      return count;
    },
    sock_shutdown: (handle: number) => {
      wireOf(handle);
      return 0;
    },
    sock_close: (handle: number) => {
      wireOf(handle).closed = true;
      return 0;
    },
    yield: (deadline: bigint, ptr: number, capacity: number) => {
      maybeHappen();
      for (;;) {
        const records: [number, number][] = [];
        if (listenerEdge) records.push([listener, readyBits.readable]);
        listenerEdge = false;
        wires.forEach((wire, i) => {
          if (!wire.edge || wire.closed || i >= accepted || records.length === capacity) return;
          wire.edge = false;
          records.push([firstHandle + i, bitsOf(wire)]);
        });
        if (records.length > 0 || deadline === 0n) {
          const view = new DataView(memory?.buffer ?? new ArrayBuffer(0), ptr >>> 0);
          records.forEach((record, i) => {
            view.setUint32(i * 8, record[0], true);
            view.setUint32(i * 8 + 4, record[1], true);
          });
          return records.length;
        }
        if (happen()) continue;
        if (wires.every(({ closed }) => closed) || deadline < 0n) throw new Finished();
        now = deadline > now ? deadline : now + 1n;
        return 0;
      }
    },
  };
  const instance = new WebAssembly.Instance(module, { [machineModule]: calls });
  memory = instance.exports.memory as WebAssembly.Memory;
  try {
    (instance.exports._start as () => void)();
  } catch (error) {
    if (!(error instanceof Finished)) throw error;
  }
  return {
    received: wires.map(({ received }) => Buffer.concat(received)),
    answeredNs: wires.map(({ answeredNs }) => answeredNs),
    elapsedNs: now - startNs,
    open: wires.filter(({ closed }) => !closed).length,
  };
}
