/** The process bindings on a Linux made of a script: what they ask for, and what they make of the answers. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { machineCalls, machineErrors, readyBits } from '@diatom/libos';
import { bindingsOf } from '../link/bindings.ts';

type Answer = (...values: bigint[]) => number | bigint;

const base = 0x7000_0000_0000n;
const second = 1_000_000_000n;

interface Linux {
  readonly memory: WebAssembly.Memory;
  readonly calls: string[];
  readonly machine: Record<string, (...values: (number | bigint)[]) => number | bigint | undefined>;
  now: bigint;
}

class Ended extends Error {}

let module: WebAssembly.Module;
before(async () => {
  module = new WebAssembly.Module((await bindingsOf('process')) as Uint8Array<ArrayBuffer>);
});

/** `boot`: words of the boot block by index; `answers`: system calls by name, 0 otherwise. */
function load(boot: Readonly<Record<number, bigint>>, answers: Readonly<Record<string, Answer>>): Linux {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const calls: string[] = [];
  const linux: Linux = { memory, calls, machine: {}, now: 5n * second };
  const imports: Record<string, (...values: never[]) => bigint> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== 'linux') continue;
    imports[name] = (...values: bigint[]): bigint => {
      calls.push(`${name}(${values.join(' ')})`);
      return BigInt(answers[name]?.(...values) ?? 0);
    };
  }
  imports.memory_base = () => base;
  imports.boot = (word: number) => boot[word] ?? 0n;
  imports.clock_gettime = (_clock: bigint, address: bigint) => {
    const view = new DataView(memory.buffer, Number(address - base));
    view.setBigInt64(0, linux.now / second, true);
    view.setBigInt64(8, linux.now % second, true);
    return 0n;
  };
  imports.exit_group = (status: bigint) => {
    throw new Ended(String(status));
  };
  const instance = new WebAssembly.Instance(module, { env: { memory }, linux: imports });
  Object.assign(linux.machine, instance.exports);
  return linux;
}

const listening = { 4: 1n, 5: 3n, 16: (8080n << 32n) | 4n } as const;

/** An epoll_pwait that hands out events once. */
const once = (linux: () => Linux, events: readonly (readonly [bits: number, data: bigint])[]): Answer => {
  let left = events;
  return (_epoll, address = 0n) => {
    const view = new DataView(linux().memory.buffer, Number(address - base));
    left.forEach(([bits, data], i) => {
      view.setUint32(i * 12, bits, true);
      view.setBigUint64(i * 12 + 4, data, true);
    });
    const count = left.length;
    left = [];
    return count;
  };
};

test('the bindings have every call of the table but the ones the target does not offer', () => {
  const exported = WebAssembly.Module.exports(module)
    .filter(({ kind }) => kind === 'function')
    .map(({ name }) => name);
  const missing = machineCalls.map(({ name }) => name).filter((name) => !exported.includes(name));
  const devices = machineCalls.filter(({ group }) => group === 'net' || group === 'block').map(({ name }) => name);
  assert.deepEqual(missing, ['sock_connect', ...devices]);
});

test('a port that was not given is denied', () => {
  const linux = load(listening, {});
  assert.equal(linux.machine.sock_listen?.(8081), machineErrors.denied);
  assert.equal(linux.machine.sock_listen?.(8080), 4);
  assert.deepEqual(linux.calls, [`epoll_ctl(3 1 4 ${base + 64n})`]);
});

test('errors of the system become errors of the machine', () => {
  const table = [
    [-11, machineErrors.again],
    [-32, machineErrors.closed],
    [-104, machineErrors.closed],
    [-9, machineErrors.invalid],
    [-14, machineErrors.invalid],
    [-105, machineErrors.limit],
    [0, 0],
    [17, 17],
  ] as const;
  for (const [answer, expected] of table) {
    const linux = load(listening, { recvfrom: () => answer, sendto: () => answer });
    linux.machine.sock_listen?.(8080);
    linux.calls.length = 0;
    assert.equal(linux.machine.sock_receive?.(9, 100, 50), expected);
    assert.equal(linux.machine.sock_send?.(9, 100, 50), expected);
    assert.deepEqual(linux.calls, [`recvfrom(9 ${base + 100n} 50 0 0 0)`, `sendto(9 ${base + 100n} 50 ${0x4000} 0 0)`]);
  }
});

test('accepting skips connections that went away and stops at a limit', () => {
  const answers = [-103, -4, 12, -24, -11];
  const linux = load(listening, { accept4: () => answers.shift() ?? 0 });
  assert.equal(linux.machine.sock_accept?.(4), 12);
  assert.equal(linux.machine.sock_accept?.(4), machineErrors.limit);
  assert.equal(linux.machine.sock_accept?.(4), machineErrors.again);
});

test('events become records', () => {
  const linux: Linux = load(listening, {
    epoll_pwait: once(
      () => linux,
      [
        [1, 9n],
        [4 | 1, 10n],
        [0x2000 | 1, 11n],
        [8 | 16, 12n],
      ],
    ),
  });
  assert.equal(linux.machine.yield?.(-1n, 8192, 64), 4);
  const view = new DataView(linux.memory.buffer, 8192);
  const records = [0, 1, 2, 3].map((i) => [view.getUint32(i * 8, true), view.getUint32(i * 8 + 4, true)]);
  const { readable, writable, hangup } = readyBits;
  assert.deepEqual(records, [
    [9, readable],
    [10, readable | writable],
    [11, readable | hangup],
    [12, hangup],
  ]);
});

test('deadlines become milliseconds, rounded up', () => {
  const linux = load(listening, {});
  for (const [deadline, timeout] of [
    [-1n, -1],
    [0n, 0],
    [linux.now + 1n, 1],
    [linux.now + 1_500_000n, 2],
    [linux.now - 5n, 0],
    [linux.now + 3600n * second, 3_600_000],
  ] as const) {
    linux.machine.clock_monotonic?.();
    linux.calls.length = 0;
    linux.machine.yield?.(deadline, 8192, 64);
    assert.deepEqual(linux.calls, [`epoll_pwait(3 ${base + 1024n} 64 ${timeout} 0 8)`]);
  }
});

test('an instance without connections ends after the idle time, not before and not with somebody waiting', () => {
  const linux = load({ ...listening, 1: 2n * second }, { accept4: () => 12 });
  linux.machine.yield?.(-1n, 8192, 64);
  assert.match(linux.calls.at(-1) ?? '', / 64 2000 0 8\)$/);
  linux.now += second;
  linux.machine.clock_monotonic?.();
  linux.machine.yield?.(-1n, 8192, 64);
  assert.match(linux.calls.at(-1) ?? '', / 64 1000 0 8\)$/);

  linux.machine.sock_listen?.(8080);
  linux.machine.sock_accept?.(4);
  linux.now += 10n * second;
  linux.machine.yield?.(-1n, 8192, 64);
  assert.match(linux.calls.at(-1) ?? '', / 64 -1 0 8\)$/, 'a connection is open');

  linux.machine.sock_close?.(12);
  linux.machine.yield?.(-1n, 8192, 64);
  assert.match(linux.calls.at(-1) ?? '', / 64 2000 0 8\)$/, 'the idle time starts with the close');
  linux.now += 2n * second;
  assert.throws(() => linux.machine.yield?.(-1n, 8192, 64), new Ended('0'));
});

test('a connection that comes in the last moment is served', () => {
  let polls = 0;
  const linux: Linux = load(
    { ...listening, 1: second },
    {
      epoll_pwait: (_epoll, address = 0n) => {
        if (++polls < 3) return 0;
        new DataView(linux.memory.buffer, Number(address - base)).setUint32(0, 1, true);
        return 1;
      },
    },
  );
  linux.machine.yield?.(-1n, 8192, 64);
  linux.now += second;
  assert.equal(linux.machine.yield?.(-1n, 8192, 64), 1);
});

test('when the listening socket is shut down the instance ends with its last connection', () => {
  const linux: Linux = load(listening, {
    accept4: () => 12,
    epoll_pwait: once(() => linux, [[16, (1n << 32n) | 4n]]),
  });
  linux.machine.sock_listen?.(8080);
  linux.machine.sock_accept?.(4);
  assert.equal(linux.machine.yield?.(-1n, 8192, 64), 1);
  linux.machine.yield?.(-1n, 8192, 64);
  linux.machine.sock_close?.(12);
  assert.throws(() => linux.machine.yield?.(-1n, 8192, 64), new Ended('0'));
});

test('the environment is read from the boot block', () => {
  const text = Buffer.from('A=1\0GREETING=hello\0');
  const words: Record<number, bigint> = { 3: BigInt(text.length) };
  const padded = Buffer.concat([text, Buffer.alloc(8)]);
  for (let i = 0; i * 8 < text.length; i++) words[32 + i] = padded.readBigInt64LE(i * 8);
  const linux = load(words, {});
  assert.equal(linux.machine.environ?.(9000, 1000), text.length);
  assert.equal(Buffer.from(linux.memory.buffer, 9000, text.length).toString(), text.toString());
  assert.equal(linux.machine.environ?.(9500, 3), text.length);
  assert.equal(Buffer.from(linux.memory.buffer, 9500, 5).toString(), 'A=1\0\0');
});

test('a handle that is not of its kind is an error without a system call', () => {
  const linux = load(listening, {});
  linux.machine.sock_listen?.(8080);
  linux.calls.length = 0;
  for (const handle of [-1, 0, 1, 3, 4]) {
    assert.equal(linux.machine.sock_receive?.(handle, 0, 1), machineErrors.invalid);
    assert.equal(linux.machine.sock_send?.(handle, 0, 1), machineErrors.invalid);
    assert.equal(linux.machine.sock_shutdown?.(handle), machineErrors.invalid);
    assert.equal(linux.machine.sock_close?.(handle), machineErrors.invalid);
    if (handle !== 4) assert.equal(linux.machine.sock_accept?.(handle), machineErrors.invalid);
  }
  assert.deepEqual(linux.calls, []);
});

test('console bytes are written to the last one', () => {
  const answers = [3, -4, 2];
  const linux = load(listening, { write: () => answers.shift() ?? 0 });
  linux.machine.console_write?.(100, 5);
  assert.deepEqual(linux.calls, [
    `write(1 ${base + 100n} 5)`,
    `write(1 ${base + 103n} 2)`,
    `write(1 ${base + 103n} 2)`,
  ]);
});
