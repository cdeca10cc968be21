/**
 * `run-in-v8.mjs compile|run MODULE`; the flags of Node choose the tier (v8.ts). JavaScript, because Node strips types with
 * a WebAssembly module, which would be compiled and traced as well.
 */
import { readFileSync } from 'node:fs';

/** As in calls.ts. */
const callsPerProcess = 12;

const [task = '', modulePath = ''] = process.argv.slice(2);
const bytes = readFileSync(modulePath);
const startedMs = performance.now();
const module = new WebAssembly.Module(bytes);
const compileMs = performance.now() - startedMs;

if (task === 'compile') process.stdout.write(`compiled in ${compileMs} ms\n`);
else {
  const run = new WebAssembly.Instance(module, {}).exports.run;
  const words = new BigUint64Array(1 + callsPerProcess);
  words[0] = BigInt(run() >>> 0);
  const never = new Int32Array(new SharedArrayBuffer(4));
  const now = () => {
    // Linux brings a thread's getrusage up to date on a timer tick or when the thread gives up its processor: so it does.
    Atomics.wait(never, 0, 0, 0.001);
    const { user, system } = process.threadCpuUsage();
    return BigInt(user + system) * 1000n;
  };
  for (let call = 1; call <= callsPerProcess; call++) {
    const before = now();
    run();
    words[call] = now() - before;
  }
  process.stdout.write(new Uint8Array(words.buffer));
}
