/** The network driver of the virtio target on a card made of a script: both generations, full queues, indices that wrap. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bootWords } from '../virtio/layout.ts';
import { MachineEnded, type SimulatedMachine, simulateMachine } from './simulated-machine.ts';
import { type Generation, SimulatedNetworkCard } from './simulated-network-card.ts';

const again = -1;
const invalid = -3;
const queueSize = 64;
const frameAt = 8192;
const recordsAt = 16_384;
const readable = 1;
const writable = 2;
const largestFrame = 1514;
const address = Uint8Array.of(2, 3, 4, 5, 6, 7);

interface Rig {
  readonly machine: SimulatedMachine;
  readonly card: SimulatedNetworkCard;
  read(): Buffer | number;
  write(frame: Uint8Array): number;
  /** Ready bits of a look without waiting. */
  look(): number;
}

async function start(generation: Generation, onWait?: (card: SimulatedNetworkCard) => void): Promise<Rig> {
  const card = new SimulatedNetworkCard(generation, address);
  const machine = await simulateMachine({
    commandLine: 'env.A=1 virtio_mmio.device=512@0xfeb00e00:12',
    words: { [bootWords.hypervisorFrequencies]: (1_000_000n << 32n) | 1_000_000n },
    devices: [card],
    onWait: () => onWait?.(card),
  });
  card.ram = machine.shared;
  const call = (name: string, ...values: (number | bigint)[]): number => Number(machine.calls[name]?.(...values));
  assert.equal(call('net_info', frameAt), 1);
  assert.deepEqual([...machine.memory.subarray(frameAt, frameAt + 8)], [...address, 0xdc, 0x05]);
  return {
    machine,
    card,
    read: () => {
      const length = call('net_read', frameAt, largestFrame);
      return length < 0 ? length : Buffer.from(machine.memory.subarray(frameAt, frameAt + length));
    },
    write: (frame) => {
      machine.memory.set(frame, frameAt);
      return call('net_write', frameAt, frame.length);
    },
    look: () => {
      if (call('yield', 0n, recordsAt, 8) === 0) return 0;
      assert.equal(machine.memory.readUInt32LE(recordsAt), 1);
      return machine.memory.readUInt32LE(recordsAt + 4);
    },
  };
}

/** A frame that can be told from its neighbours. */
function frameOf(number: number): Buffer {
  const frame = Buffer.alloc(14 + ((number * 37) % 1501), number & 255);
  frame.writeUInt32LE(number, 4);
  return frame;
}

for (const generation of ['modern', 'legacy'] as const) {
  test(`${generation}: the driver takes nothing it does not use, and runs the card`, async () => {
    const { card } = await start(generation);
    assert.deepEqual([card.status, card.chosen], generation === 'legacy' ? [7, [32, 0]] : [15, [32, 1]]);
  });

  test(`${generation}: more frames than indices have numbers come and go in order`, async () => {
    const { card, read, write, look } = await start(generation);
    let delivered = 0;
    let received = 0;
    let sent = 0;
    while (received < 70_000) {
      // Bursts of every length up to more than there are buffers.
      for (let burst = 1 + (received % 70); burst > 0 && card.deliver(frameOf(delivered)); burst -= 1) delivered += 1;
      for (let frame = read(); typeof frame !== 'number'; frame = read()) {
        assert.ok(frame.equals(frameOf(received)), `frame ${received}`);
        received += 1;
        assert.equal(write(frame), frame.length);
        if (received % 50 !== 0) continue;
        for (const out of card.collect()) {
          assert.ok(out.equals(frameOf(sent)), `sent frame ${sent}`);
          sent += 1;
        }
      }
    }
    look();
    assert.equal(sent + card.collect().length, received);
  });

  test(`${generation}: a full queue says again once, and says when there is room`, async () => {
    const { card, write, look } = await start(generation);
    for (let number = 0; number < queueSize; number += 1) assert.equal(write(frameOf(number)), frameOf(number).length);
    assert.equal(write(frameOf(queueSize)), again);
    assert.equal(look(), 0);
    assert.deepEqual(
      card.collect(),
      Array.from({ length: queueSize }, (_, number) => frameOf(number)),
    );
    assert.equal(look(), writable);
    assert.equal(look(), 0);
    assert.equal(write(frameOf(1)), frameOf(1).length);
  });
}

test('what is received is reported once, and again after it has been read to its end', async () => {
  const { card, read, look } = await start('modern');
  assert.equal(look(), 0);
  card.deliver(frameOf(1));
  assert.equal(look(), readable);
  card.deliver(frameOf(2));
  assert.equal(look(), 0);
  assert.ok(Buffer.isBuffer(read()) && Buffer.isBuffer(read()));
  assert.equal(read(), again);
  card.deliver(frameOf(3));
  assert.equal(look(), readable);
});

test('what is no frame is dropped, and not sent', async () => {
  const { card, machine, read, write } = await start('modern');
  for (const length of [0, 13, 1515, 2036]) card.deliver(Buffer.alloc(length, 1));
  card.deliver(frameOf(5));
  assert.deepEqual(read(), frameOf(5));
  assert.equal(read(), again);
  assert.equal(machine.calls.net_read?.(frameAt, largestFrame - 1), invalid);
  assert.equal(write(Buffer.alloc(13)), invalid);
  assert.equal(write(Buffer.alloc(1515)), invalid);
  assert.equal(machine.calls.net_write?.(frameAt, -1), invalid);
  assert.deepEqual(card.collect(), []);
});

test('frames go out in batches: the card is told once for sixteen, and before a wait', async () => {
  const { card, write, look } = await start('modern');
  const before = card.notifications;
  for (let number = 0; number < 40; number += 1) write(frameOf(number));
  assert.equal(card.notifications - before, 2);
  look();
  assert.equal(card.notifications - before, 3);
  look();
  assert.equal(card.notifications - before, 3);
});

test('the end waits for the card to have sent everything, but not for ever', async () => {
  let waits = 0;
  const patient = await start('modern', (card) => {
    waits += 1;
    if (waits === 3) card.collect();
  });
  const ended = (error: unknown) => error instanceof MachineEnded && error.status === 9;
  patient.write(frameOf(1));
  assert.throws(() => patient.machine.calls.exit?.(9), ended);
  assert.equal(waits, 3);
  const stuck: Rig = await start('modern', () => {
    // 10 ms at 1 GHz.
    stuck.machine.ticks += 10_000_000n;
  });
  stuck.write(frameOf(1));
  assert.throws(() => stuck.machine.calls.exit?.(9), ended);
  assert.ok(stuck.machine.ticks <= 110_000_000n);
});
