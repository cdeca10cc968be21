/**
 * The worker of `record`: runs the start-up code of a linked module with a machine that writes down what is asked of it
 * and has nothing to give, until the first `yield`.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { machineCalls, machineErrors, machineModule } from '@diatom/libos';
import type { Recording } from './record.ts';

/** Ends the run at the first `yield` or `exit`. */
class RunEnded extends Error {}

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
