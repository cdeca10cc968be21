/** The bindings of the virtio target on a machine made of a script: what they make of the command line, clocks and randomness. */
import assert from 'node:assert/strict';
import { createCipheriv } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { machineCalls, machinePageBytes, nativeTargets } from '@diatom/libos';
import { decode } from '../decode/decode.ts';
import { bindingsOf } from '../link/bindings.ts';
import * as layout from '../virtio/layout.ts';
import { MachineEnded, type MachineScript, type SimulatedMachine, simulateMachine } from './simulated-machine.ts';

const second = 1_000_000_000n;
const { bootWords, shared } = layout;

const call = (machine: SimulatedMachine, name: string, ...values: (number | bigint)[]) => {
  const found = machine.calls[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found(...values);
};

/** The machine says what it lacks, and ends. */
function refusal(machine: SimulatedMachine, name: string, ...values: number[]): string {
  assert.throws(
    () => call(machine, name, ...values),
    (error) => error instanceof MachineEnded && error.status === 125,
  );
  return machine.console();
}

test('there is every call of the machine but those on sockets', async () => {
  const { calls } = await simulateMachine({});
  const missing = machineCalls.filter(({ name }) => !(name in calls));
  assert.deepEqual(
    missing,
    machineCalls.filter(({ group }) => group === 'sock'),
  );
});

test('the texts of all bindings fit behind their scratch space, before the data of the library OS', async () => {
  for (const target of nativeTargets) {
    for (const { mode, bytes } of decode(await bindingsOf(target)).data) {
      const [offset] = mode.kind === 'active' ? mode.offset.operations : [];
      const from = offset?.kind === 'const' ? Number(offset.bits) : 0;
      assert.ok(from >= 2048 && from + bytes.length <= machinePageBytes, `${target}: ${from} + ${bytes.length}`);
    }
  }
});

test('the numbers the bindings repeat are those of the layout', async () => {
  const source = await readFile(join(import.meta.dirname, 'guest/virtio/machine.ts'), 'utf8');
  const expected: Readonly<Record<string, number>> = {
    ...{ COMMAND_LINE: bootWords.commandLine, COMMAND_LINE_BYTES: bootWords.commandLineBytes },
    ...{ SHARED_PHYSICAL: bootWords.sharedPhysical, KVM_CLOCK: bootWords.kvmClock },
    ...{ HYPERVISOR_LOW: bootWords.hypervisorLow, HYPERVISOR_FREQUENCIES: bootWords.hypervisorFrequencies },
    ...{ CRYSTAL_RATIO: bootWords.crystalRatio, CRYSTAL_HZ: bootWords.crystalHz },
    ...{ SHARED_BASE: layout.sharedBase, SHARED_BYTES: layout.sharedBytes },
    ...{ SEEDS: shared.seeds, SEED_COUNT: shared.seedCount },
    ...{ KVM_CLOCK_OFFSET: shared.kvmClock, KVM_WALL_CLOCK_OFFSET: shared.kvmWallClock },
  };
  const found = Object.fromEntries(
    [...source.matchAll(/^export const ([A-Z_]+)(?:: i64)? = (\w+);/gm)].map(([, name, value = '']) => [
      name,
      Number(value.replaceAll('_', '')),
    ]),
  );
  assert.deepEqual({ ...found, ...expected }, found);
});

test('a line goes out byte by byte, with a look at the port for every sixteen', async () => {
  let looks = 0;
  const machine = await simulateMachine({
    ports: {
      1021: () => {
        looks += 1;
        // Busy every second time.
        return looks % 2 === 0 ? 0x60 : 0x40;
      },
    },
  });
  const text = 'a line of forty characters, all of them\n';
  machine.memory.write(text, 8192);
  call(machine, 'console_write', 8192, text.length);
  assert.equal(machine.console(), text);
  assert.equal(looks, 2 * Math.ceil(text.length / 16));
});

async function environmentOf(
  commandLine: string,
  room = 4096,
): Promise<{ readonly text: string; readonly size: number }> {
  const machine = await simulateMachine({ commandLine });
  const size = Number(call(machine, 'environ', 8192, room));
  return { text: machine.memory.toString('utf8', 8192, 8192 + Math.min(size, room)), size };
}

test('the environment is what the command line says', async () => {
  const line =
    ' quiet env.A=1 envB=2 env.C=%20%25%C3%A4%2x% env.EMPTY= virtio_mmio.device=512@0xfeb00000:5  env.LAST=z';
  const { text, size } = await environmentOf(line);
  assert.equal(text, 'A=1\0C= %ä%2x%\0EMPTY=\0LAST=z\0');
  assert.equal(size, Buffer.byteLength(text));
  assert.deepEqual(await environmentOf(''), { text: '', size: 0 });
  assert.deepEqual(await environmentOf('env.NAME=value', 6), { text: 'NAME=v', size: 11 });
});

test('an image is told of no device where the command line names none', async () => {
  const machine = await simulateMachine({});
  for (const [name, ...values] of [
    ['net_info', 8192],
    ['net_read', 8192, 1514],
    ['net_write', 8192, 60],
    ['block_info', 8192],
    ['block_read', 0n, 8192, 512],
    ['block_write', 0n, 8192, 512],
  ] as const) {
    assert.equal(call(machine, name, ...values), -4, name);
  }
});

test('kvm-clock is read as it is meant: scaled from its last update', async () => {
  const machine = await simulateMachine({
    words: { [bootWords.kvmClock]: 1n, [bootWords.hypervisorLow]: 0x564b_4d56_4b4d_564bn },
  });
  const { shared: page } = machine;
  // 3 GHz: 2^32 / 3 of 2^32 nanoseconds a tick.
  const at = shared.kvmClock;
  page.writeUInt32LE(8, at);
  page.writeBigUInt64LE(30_000n, at + 8);
  page.writeBigUInt64LE(7n * second, at + 16);
  page.writeUInt32LE(Math.floor(2 ** 32 / 3), at + 24);
  page.writeInt8(0, at + 28);
  machine.ticks = 30_000n + 3_000_000_000n;
  const now = call(machine, 'clock_monotonic');
  assert.ok(now > 8n * second - 10n && now <= 8n * second, String(now));
  // Half of the factor with the ticks doubled is the same.
  page.writeUInt32LE(Math.floor(2 ** 31 / 3), at + 24);
  page.writeInt8(1, at + 28);
  assert.ok(Number(call(machine, 'clock_monotonic')) - Number(now) < 10);
  page.writeUInt32LE(1_700_000_000, shared.kvmWallClock + 4);
  page.writeUInt32LE(5, shared.kvmWallClock + 8);
  const beyond = BigInt(call(machine, 'clock_wall')) - 1_700_000_008n * second;
  assert.ok(beyond > -10n && beyond < 10n, String(beyond));
});

test('without it the rate of the counter is the one the machine tells', async () => {
  const told: readonly MachineScript['words'][] = [
    { [bootWords.hypervisorFrequencies]: (1_000_000n << 32n) | 2_500_000n },
    {
      [bootWords.crystalRatio]: (200n << 32n) | 2n,
      [bootWords.crystalHz]: 25_000_000n,
      [bootWords.hypervisorLow]: 0x4b4d_564bn,
    },
  ];
  for (const words of told) {
    const machine = await simulateMachine({ words: words ?? {} });
    machine.ticks = 1_000_000n;
    const from = BigInt(call(machine, 'clock_monotonic'));
    // A day.
    machine.ticks += 86_400n * 2_500_000_000n;
    const passed = BigInt(call(machine, 'clock_monotonic')) - from;
    const error = Number(passed - 86_400n * second) / Number(86_400n * second);
    assert.ok(Math.abs(error) < 1e-6, `${passed} ns`);
    // A counter that jumps back is not followed.
    machine.ticks -= 1_000_000n;
    assert.equal(BigInt(call(machine, 'clock_monotonic')) - from, passed);
  }
});

test('a machine without a clock, and one that does not know the date, are refused', async () => {
  // All ones, always: nothing counts there.
  assert.match(refusal(await simulateMachine({}), 'clock_monotonic'), /^machine: no clock: /);
  const words = { [bootWords.hypervisorFrequencies]: (1_000_000n << 32n) | 2_500_000n };
  assert.match(refusal(await simulateMachine({ words }), 'clock_wall'), /^machine: nothing tells the date/);
});

async function dateOf(registers: Readonly<Record<number, number>>): Promise<string> {
  const words = { [bootWords.hypervisorFrequencies]: (1_000_000n << 32n) | 2_500_000n };
  const machine = await simulateMachine({ words, clockRegisters: registers });
  return new Date(Number(BigInt(call(machine, 'clock_wall')) / 1_000_000n)).toISOString();
}

test('the real-time clock is read in all its ways of counting', async () => {
  const decimal = { 10: 0x26, 11: 2, 0: 0x59, 2: 0x58, 4: 0x23, 7: 0x31, 8: 0x12, 9: 0x99 };
  assert.equal(await dateOf(decimal), '2099-12-31T23:58:59.000Z');
  const binary = { 10: 0x26, 11: 6, 0: 7, 2: 8, 4: 0, 7: 29, 8: 2, 9: 28 };
  assert.equal(await dateOf(binary), '2028-02-29T00:08:07.000Z');
  const twelve = { 10: 0x26, 11: 0, 0: 0, 2: 0, 7: 1, 8: 3, 9: 0x26 };
  assert.equal(await dateOf({ ...twelve, 4: 0x12 }), '2026-03-01T00:00:00.000Z');
  assert.equal(await dateOf({ ...twelve, 4: 0x92 }), '2026-03-01T12:00:00.000Z');
  assert.equal(await dateOf({ ...twelve, 4: 0x91 }), '2026-03-01T23:00:00.000Z');
});

/** 64 bytes of ChaCha20 with a nonce of zeros (RFC 8439 §2.3). */
function chacha20(key: Uint8Array, counter: number): Buffer {
  const nonce = Buffer.alloc(16);
  nonce.writeUInt32LE(counter);
  return createCipheriv('chacha20', key, nonce).update(Buffer.alloc(64));
}

test("random bytes are ChaCha20's under keys that change with every request, and the seeds are gone", async () => {
  const machine = await simulateMachine({});
  const seeds = Buffer.from(Array.from({ length: 64 }, (_, at) => (at * 37 + 11) & 255));
  seeds.copy(machine.shared, shared.seeds);
  machine.shared.writeUInt32LE(layout.seedWords, shared.seedCount);
  const mixed = chacha20(seeds.subarray(0, 32), 0).subarray(0, 32);
  let key = Buffer.from(mixed.map((byte, at) => byte ^ (seeds[32 + at] ?? 0)));
  for (const length of [256, 1, 64, 65]) {
    call(machine, 'entropy', 8192, length);
    const expected = Buffer.concat([1, 2, 3, 4].map((counter) => chacha20(key, counter))).subarray(0, length);
    assert.equal(machine.memory.toString('hex', 8192, 8192 + length), expected.toString('hex'));
    key = Buffer.from(chacha20(key, 0).subarray(0, 32));
  }
  assert.ok(machine.shared.subarray(0, 64).every((byte) => byte === 0));
});

test('without a source of entropy random bytes are refused', async () => {
  const machine = await simulateMachine({});
  machine.shared.writeUInt32LE(layout.seedWords - 1, shared.seedCount);
  assert.match(refusal(machine, 'entropy', 8192, 16), /^machine: no source of entropy: .*virtio-rng/);
});
