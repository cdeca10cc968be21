/**
 * The worker of `record`: runs the start-up code of a linked module with a machine that writes down what is asked of it
 * and has nothing to give, until the first `yield`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { machineCalls, machineErrors, machineModule } from '@diatom/libos';
import type { Recording } from './record.ts';

/** Ends the run at the first `yield` or `exit`. */
class RunEnded extends Error {}

const recordedMtu = 1500;

function run(wasm: Uint8Array<ArrayBuffer>): Recording {
  const ports: number[] = [];
  let console = '';
  let memory: WebAssembly.Memory | undefined;
  const bytes = (ptr: number, len: number) =>
    memory === undefined ? new Uint8Array() : new Uint8Array(memory.buffer, ptr >>> 0, len >>> 0);

  const calls: Record<string, (...values: number[]) => number | bigint | undefined> = {
    console_write: (ptr = 0, len = 0) => {
      console += Buffer.from(bytes(ptr, len)).toString('utf8');
      return undefined;
    },
    // Fixed values: two builds of one program see the same world.
    clock_monotonic: () => 1_000_000_000n,
    clock_wall: () => 0n,
    entropy: (ptr = 0, len = 0) => {
      bytes(ptr, len).fill(0x5a);
      return undefined;
    },
    environ: () => 0,
    sock_listen: (port = 0) => {
      if (ports.includes(port)) return machineErrors.invalid;
      ports.push(port);
      return ports.length + 2;
    },
    sock_accept: () => machineErrors.again,
    // Left in connecting for ever: the program goes on to its first wait.
    sock_connect: () => 1000,
    sock_receive: () => machineErrors.again,
    sock_send: () => machineErrors.again,
    sock_shutdown: () => 0,
    sock_close: () => 0,
    // A network nobody speaks on and an empty disk: what is there at a real start is not known yet.
    net_info: (ptr = 0) => {
      bytes(ptr, 8).set([2, 0, 0, 0, 0, 1, recordedMtu & 255, recordedMtu >> 8]);
      return 1;
    },
    net_read: () => machineErrors.again,
    net_write: (_ptr = 0, len = 0) => len,
    block_info: (ptr = 0) => {
      bytes(ptr, 16).set([0, 8, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0]);
      return 0;
    },
    block_read: (_sector = 0, ptr = 0, len = 0) => {
      bytes(ptr, len).fill(0);
      return len;
    },
    block_write: (_sector = 0, _ptr = 0, len = 0) => len,
    exit: (status = 0) => {
      ended = { kind: 'exited', status: status & 255 };
      throw new RunEnded();
    },
    yield: () => {
      throw new RunEnded();
    },
  };
  let ended: Recording['end'] = { kind: 'waiting' };
  for (const { name } of machineCalls) {
    if (calls[name] === undefined) throw new Error(`the recording machine has no ${name}`);
  }
  try {
    const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), { [machineModule]: calls });
    memory = instance.exports.memory as WebAssembly.Memory;
    (instance.exports._start as () => void)();
  } catch (error) {
    if (!(error instanceof RunEnded))
      ended = { kind: 'trapped', message: error instanceof Error ? error.message : String(error) };
  }
  return { ports: ports.toSorted((a, b) => a - b), console, end: ended };
}

parentPort?.postMessage(run(workerData as Uint8Array<ArrayBuffer>));
