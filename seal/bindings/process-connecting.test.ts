/** The process bindings of images that make connections, on a Linux made of a script (docs/tender.md, Outgoing connections). */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { machineCalls, machineErrors, readyBits } from '@diatom/libos';
import { bindingsOf } from '../link/bindings.ts';

const base = 0x7000_0000_0000n;
const second = 1_000_000_000n;
const again = -11;
const requestMark = 2n << 32n;
const requests = 4;
const placeholder = 7;
const arrived = 9;

class Ended extends Error {}

let module: WebAssembly.Module;
before(async () => {
  module = new WebAssembly.Module((await bindingsOf('process', 'connecting')) as Uint8Array<ArrayBuffer>);
});

type Reply = readonly [id: number, result: number, descriptor?: number];

interface Rig {
  readonly machine: Record<string, (...values: (number | bigint)[]) => number>;
  readonly calls: string[];
  readonly memory: WebAssembly.Memory;
  /** What comes in on the connection; an end of undefined is an end of file. */
  readonly incoming: (Uint8Array | undefined)[];
  readonly replies: Reply[];
  events: (readonly [bits: number, data: bigint])[];
  now: bigint;
  sendto: number;
}

function load(boot: Readonly<Record<number, bigint>> = { 4: 0n, 5: 3n, 6: BigInt(requests) }): Rig {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const rig: Rig = {
    machine: {},
    calls: [],
    memory,
    incoming: [],
    replies: [],
    events: [],
    now: 5n * second,
    sendto: 0,
  };
  const view = (address: bigint): DataView => new DataView(memory.buffer, Number(address - base));
  const answers: Record<string, (...values: bigint[]) => number> = {
    fcntl: () => placeholder,
    sendto: (_fd, _at, length = 0n) => (rig.sendto === 0 ? Number(length) : rig.sendto),
    recvfrom: (_fd, at = 0n, length = 0n) => {
      const [chunk] = rig.incoming;
      if (rig.incoming.length === 0) return again;
      if (chunk === undefined) return 0;
      const part = chunk.subarray(0, Number(length));
      new Uint8Array(memory.buffer).set(part, Number(at - base));
      if (part.length === chunk.length) rig.incoming.shift();
      else rig.incoming[0] = chunk.subarray(part.length);
      return part.length;
    },
    recvmsg: (_fd, at = 0n) => {
      const reply = rig.replies.shift();
      if (reply === undefined) return again;
      const [id, result, descriptor] = reply;
      const message = view(at);
      const data = view(view(message.getBigUint64(16, true)).getBigUint64(0, true));
      data.setUint32(0, id, true);
      data.setInt32(4, result, true);
      const control = view(message.getBigUint64(32, true));
      message.setBigUint64(40, descriptor === undefined ? 0n : 24n, true);
      if (descriptor !== undefined) control.setInt32(16, descriptor, true);
      return 8;
    },
    epoll_pwait: (_epoll, at = 0n) => {
      rig.events.forEach(([bits, data], index) => {
        view(at).setUint32(index * 12, bits, true);
        view(at).setBigUint64(index * 12 + 4, data, true);
      });
      const { length } = rig.events;
      rig.events = [];
      return length;
    },
  };
  const imports: Record<string, (...values: never[]) => bigint> = {};
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    if (from !== 'linux') continue;
    imports[name] = (...values: bigint[]): bigint => {
      rig.calls.push(`${name}(${values.join(' ')})`);
      return BigInt(answers[name]?.(...values) ?? 0);
    };
  }
  imports.memory_base = () => base;
  imports.boot = (word: number) => boot[word] ?? 0n;
  imports.clock_gettime = (_clock: bigint, at: bigint) => {
    view(at).setBigInt64(0, rig.now / second, true);
    view(at).setBigInt64(8, rig.now % second, true);
    return 0n;
  };
  imports.exit_group = (status: bigint) => {
    throw new Ended(String(status));
  };
  const instance = new WebAssembly.Instance(module, { env: { memory }, linux: imports });
  Object.assign(rig.machine, instance.exports);
  return rig;
}

const text = 8192;
const records = 16384;
const target = 32768;

function connect(rig: Rig, name = 'a.example:1'): number {
  new Uint8Array(rig.memory.buffer).set(Buffer.from(name), text);
  return rig.machine.sock_connect?.(text, name.length) ?? 0;
}

function poll(rig: Rig): readonly (readonly [handle: number, bits: number])[] {
  const count = rig.machine.yield?.(0n, records, 64) ?? 0;
  const view = new DataView(rig.memory.buffer, records);
  return Array.from(
    { length: count },
    (_, i) => [view.getUint32(i * 8, true), view.getUint32(i * 8 + 4, true)] as const,
  );
}

/** The tender's answers to what was asked. */
function answer(rig: Rig, ...replies: readonly Reply[]) {
  rig.replies.push(...replies);
  rig.events.push([1, requestMark | BigInt(requests)]);
  return poll(rig);
}

function connected(): { readonly rig: Rig; readonly handle: number } {
  const rig = load();
  const handle = connect(rig);
  answer(rig, [0, 0, arrived]);
  return { rig, handle };
}

const receive = (rig: Rig, handle: number, length = 100): string | number => {
  const count = rig.machine.sock_receive?.(handle, target, length) ?? 0;
  return count > 0 ? Buffer.from(rig.memory.buffer, target, count).toString('latin1') : count;
};

const frame = (data: string): Buffer => {
  const header = Buffer.alloc(4);
  header.writeUInt32LE(data.length);
  return Buffer.concat([header, Buffer.from(data, 'latin1')]);
};
const end = Buffer.alloc(4);
const probe = Buffer.alloc(4, 0xff);

test('these bindings have every call of TCP', () => {
  const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
  for (const { name, group } of machineCalls) {
    if (group === 'core' || group === 'sock') assert.ok(exported.has(name), name);
  }
});

test('without a socket to ask on nothing is allowed', () => {
  const rig = load({ 4: 0n, 5: 3n });
  assert.equal(connect(rig), machineErrors.denied);
  assert.deepEqual(rig.calls, []);
});

test('a target has 1 to 300 bytes', () => {
  const rig = load();
  assert.equal(rig.machine.sock_connect?.(text, 0), machineErrors.invalid);
  assert.equal(rig.machine.sock_connect?.(text, 301), machineErrors.invalid);
  assert.equal(rig.machine.sock_connect?.(text, -1), machineErrors.invalid);
});

test('a handle is there at once, and nothing can be done with it yet', () => {
  const rig = load();
  const handle = connect(rig);
  assert.equal(handle, placeholder);
  assert.ok(rig.calls.includes('fcntl(0 1030 0)'));
  assert.equal(rig.machine.sock_send?.(handle, target, 4), machineErrors.again);
  assert.equal(rig.machine.sock_receive?.(handle, target, 4), machineErrors.again);
  assert.deepEqual(poll(rig), []);
});

test('the connection takes the place of the handle', () => {
  const rig = load();
  const handle = connect(rig);
  assert.deepEqual(answer(rig, [0, 0, arrived]), []);
  assert.ok(rig.calls.includes(`dup3(${arrived} ${placeholder} ${0o2000000})`));
  assert.ok(rig.calls.includes(`close(${arrived})`));
  rig.events.push([4, BigInt(handle)]);
  assert.deepEqual(poll(rig), [[handle, readyBits.writable]]);
  assert.equal(rig.machine.sock_send?.(handle, target, 4), 4);
});

test('a failure is a hangup, and says which when asked', () => {
  for (const [result, expected] of [
    [-4, machineErrors.denied],
    [-6, machineErrors.refused],
  ] as const) {
    const rig = load();
    const handle = connect(rig);
    assert.deepEqual(answer(rig, [0, result]), [[handle, readyBits.hangup | readyBits.readable]]);
    assert.equal(receive(rig, handle), expected);
    assert.equal(rig.machine.sock_send?.(handle, target, 4), expected);
    assert.deepEqual(poll(rig), [], 'it is reported once');
    assert.equal(rig.machine.sock_close?.(handle), 0);
    assert.equal(connect(rig), placeholder, 'its place is free again');
  }
});

test('a connection for which there was no descriptor left is refused', () => {
  const rig = load();
  const handle = connect(rig);
  answer(rig, [0, 0]);
  assert.equal(receive(rig, handle), machineErrors.refused);
});

test('a handle that was closed meanwhile lets nothing in', () => {
  const rig = load();
  const handle = connect(rig);
  rig.machine.sock_close?.(handle);
  assert.equal(connect(rig), placeholder);
  rig.calls.length = 0;
  answer(rig, [0, 0, arrived]);
  assert.ok(rig.calls.includes(`close(${arrived})`));
  assert.ok(!rig.calls.some((call) => call.startsWith('dup3')));
});

test('a shutdown before the connection is there happens when it is', () => {
  const rig = load();
  const handle = connect(rig);
  assert.equal(rig.machine.sock_shutdown?.(handle), 0);
  assert.ok(!rig.calls.some((call) => call.startsWith('shutdown')));
  answer(rig, [0, 0, arrived]);
  assert.ok(rig.calls.includes(`shutdown(${handle} 1)`));
});

test('frames are received as one stream, however they are cut', () => {
  const stream = Buffer.concat([
    frame('one'),
    probe,
    frame('two'),
    frame('x'.repeat(500)),
    probe,
    probe,
    frame('!'),
    end,
  ]);
  const whole = `onetwo${'x'.repeat(500)}!`;
  for (let size = 1; size <= stream.length; size += 1 + (size >> 2)) {
    const { rig, handle } = connected();
    for (let at = 0; at < stream.length; at += size) rig.incoming.push(stream.subarray(at, at + size));
    let got = '';
    for (let part = receive(rig, handle); typeof part === 'string'; part = receive(rig, handle)) got += part;
    assert.equal(got, whole, `cut every ${size} bytes`);
    assert.equal(receive(rig, handle), 0, 'the end');
    assert.equal(receive(rig, handle), 0, 'the end stays the end');
  }
});

test('fewer bytes than asked for mean that no more were there', () => {
  const { rig, handle } = connected();
  rig.incoming.push(Buffer.concat([frame('a'), frame('b'), frame('c').subarray(0, 2)]));
  assert.equal(receive(rig, handle), 'ab');
  assert.equal(receive(rig, handle), machineErrors.again);
  rig.incoming.push(frame('c').subarray(2));
  assert.equal(receive(rig, handle), 'c');
});

test('a stream without its end was cut off', () => {
  for (const cut of [frame('half').subarray(0, 6), frame('whole'), frame('whole').subarray(0, 2)]) {
    const { rig, handle } = connected();
    rig.incoming.push(cut, undefined);
    let part = receive(rig, handle);
    if (typeof part === 'string') part = receive(rig, handle);
    assert.equal(part, machineErrors.closed);
  }
});

test('when the tender stops to listen, what was connecting is refused', () => {
  const rig = load();
  const handle = connect(rig);
  rig.sendto = -32;
  assert.equal(connect(rig), machineErrors.denied);
  rig.sendto = again;
  assert.equal(connect(rig), machineErrors.limit);
  assert.equal(receive(rig, handle), machineErrors.again);
});

test('there are as many places as the table has, and they come back', () => {
  const rig = load();
  for (let i = 0; i < 256; i += 1) assert.equal(connect(rig), placeholder);
  assert.equal(connect(rig), machineErrors.limit);
  answer(rig, [17, -6]);
  for (let i = 0; i < 256; i += 1) rig.machine.sock_close?.(placeholder);
  assert.equal(connect(rig), placeholder);
});

test('an answer to what was never asked is dropped', () => {
  const rig = load();
  connect(rig);
  assert.deepEqual(answer(rig, [200, 0, arrived], [0xffff_ffff, 0, arrived]), []);
  assert.equal(rig.calls.filter((call) => call === `close(${arrived})`).length, 2);
});

test('an outgoing connection keeps an instance awake until it has been quiet for half a minute', () => {
  const rig = load({ 1: second, 4: 0n, 5: 3n, 6: BigInt(requests) });
  rig.machine.clock_monotonic?.();
  const handle = connect(rig);
  answer(rig, [0, 0, arrived]);
  rig.now += 20n * second;
  poll(rig);
  rig.machine.clock_monotonic?.();
  receive(rig, handle);
  rig.now += 29n * second;
  poll(rig);
  rig.now += 2n * second;
  assert.throws(() => poll(rig), new Ended('0'));
});

test('when it is closed only the idle time counts', () => {
  const rig = load({ 1: second, 4: 0n, 5: 3n, 6: BigInt(requests) });
  rig.machine.clock_monotonic?.();
  rig.machine.sock_close?.(connect(rig));
  poll(rig);
  rig.now += 2n * second;
  assert.throws(() => poll(rig), new Ended('0'));
});
