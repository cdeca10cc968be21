/** Machine code that breaks the rules of ring 3 in a virtio image: what it may not do ends with the right trap, and nothing else happens. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bootBlock,
  deviceWindow,
  memoryBase,
  sharedBase,
  stackStart,
  supervisorApic,
} from '@diatom/seal/virtio/layout.ts';
import { highestTable, tableEntries } from '@diatom/seal/virtio/page-tables.ts';
import { bytes, jumpTo, load, loadFrom, program, spin, storeTo } from './hostile/machine-code.ts';
import { dataAddress, memoryBytes, textAddress } from './virtio/machine-image.ts';
import { accelerators, end, mebibyte, runCode, service, skipReasons } from './virtio/machines.ts';

/** It got past what it tried. */
const survived = end(77);

interface Attack {
  readonly does: string;
  readonly code: Uint8Array;
  /** Several where processors and hypervisors may differ. */
  readonly kinds: readonly string[];
}

const attack = (does: string, code: Uint8Array, ...kinds: readonly string[]): Attack => ({
  does,
  code: program(code, survived),
  kinds,
});

const memory = memoryBase(0);
const attacks: readonly Attack[] = [
  attack('reads the null page', loadFrom(0), 'read'),
  attack('writes the null page', storeTo(8), 'write'),
  attack('writes its code', storeTo(textAddress + 64), 'write'),
  attack('executes its data', jumpTo(dataAddress), 'execute'),
  attack('executes its stack', jumpTo(stackStart + 4096), 'execute'),
  attack('executes a memory', jumpTo(memory), 'execute'),
  attack('executes what devices write', jumpTo(sharedBase), 'execute'),
  attack('writes the boot block', storeTo(bootBlock), 'write'),
  attack('reads the boot code', loadFrom(0x10_0000), 'read'),
  attack('executes the boot code', jumpTo(0x10_0000), 'execute'),
  attack('writes the descriptor tables', storeTo(0x10_1000), 'write'),
  attack('reads the page tables', loadFrom(tableEntries), 'read'),
  attack('writes the highest page table', storeTo(highestTable), 'write'),
  attack('reads registers of the local APIC', loadFrom(supervisorApic), 'read'),
  attack('reads where no device is mapped', loadFrom(deviceWindow), 'read'),
  attack('reads behind a memory', loadFrom(memory + memoryBytes), 'memory'),
  attack('writes far behind a memory', storeTo(memory + 0x2_0000_0000), 'memory'),
  attack('reads behind the reservation of a memory', loadFrom(memory + 0x2_0001_0000), 'read'),
  attack('writes the guard below the stack', storeTo(stackStart - 8), 'stack'),
  attack('uses an address that cannot be', loadFrom(0x8000_0000_0000_0000n), 'protection'),
  attack('switches interrupts off', bytes(0xfa), 'protection'),
  attack('halts', bytes(0xf4), 'protection'),
  attack('ends the machine by itself', program(load('rdx', 0x501), bytes(0xee)), 'protection'),
  attack('writes a port of the interrupt controller', program(load('rdx', 0x21), bytes(0xee)), 'protection'),
  attack('loads other page tables', program(load('rax', 0), bytes(0x0f, 0x22, 0xd8)), 'protection'),
  attack('reads a model-specific register', program(load('rcx', 0xc000_0080), bytes(0x0f, 0x32)), 'protection'),
  attack('loads descriptor tables', program(load('rax', dataAddress), bytes(0x0f, 0x01, 0x18)), 'protection'),
  attack('invalidates the cache', bytes(0x0f, 0x08), 'protection'),
  attack('divides by zero', program(load('rcx', 0), bytes(0x48, 0xf7, 0xf1)), 'arithmetic'),
  attack('executes an undefined instruction', bytes(0x0f, 0x0b, 0xff), 'instruction'),
  attack('asks as Linux programs do', bytes(0xcd, 0x80), 'protection', 'instruction'),
  // There is nothing behind it: where it is let through it arrives at address 0.
  attack('makes a system call', bytes(0x0f, 0x05), 'instruction', 'execute'),
  attack('faults without a stack', program(load('rsp', 0), loadFrom(0)), 'read'),
  attack('faults with a stack that cannot be', program(load('rsp', 0x8000_0000_0000_0000n), loadFrom(0)), 'read'),
];

const statusOf = (kind: string): number => (kind === 'instruction' ? 132 : kind === 'arithmetic' ? 136 : 139);

for (const accelerator of accelerators) {
  const skip = skipReasons[accelerator];
  test(`${accelerator}: an image that breaks the rules ends with a trap that says which`, { skip }, async (context) => {
    for (const { does, code, kinds } of attacks) {
      await context.test(does, async () => {
        const { exit, console } = await runCode(code, accelerator);
        const [, kind = ''] = /^trap ([a-z-]+) at 0x[0-9a-f]+ address 0x[0-9a-f]+/.exec(console) ?? [];
        assert.ok(kinds.includes(kind), `${kind} in ${console}`);
        assert.equal(exit.code, statusOf(kind), exit.message);
      });
    }
  });

  test(`${accelerator}: services refuse what makes no sense`, { skip }, async () => {
    const refused = (number: number, first: number | bigint, second: number | bigint): Uint8Array => {
      const otherwise = end(1);
      // cmp rax, -1; je past the end
      return program(service(number, first, second), bytes(0x48, 0x83, 0xf8, 0xff, 0x74, otherwise.length), otherwise);
    };
    const grow = 1;
    const map = 3;
    const code = program(
      ...[refused(grow, 1, 2 * memoryBytes), refused(grow, -1n, 2 * memoryBytes)],
      ...[refused(grow, 0, 0), refused(grow, 0, memoryBytes), refused(grow, 0, memoryBytes + 1)],
      ...[refused(grow, 0, 2 * memoryBytes + 4096), refused(grow, 0, 2n ** 63n), refused(grow, 0, -4096n)],
      ...[refused(map, 0, 0), refused(map, 0x10_0000, 0), refused(map, 0xfeb0_0001, 0)],
      ...[refused(map, 2n ** 32n, 0), refused(map, -4096n, 0), refused(4, 0, 0), refused(-1, 0, 0)],
      // What is asked for properly is given.
      ...[service(grow, 0, 2 * memoryBytes), storeTo(memory + 2 * memoryBytes - 1), end(7)],
    );
    const { exit, console } = await runCode(code, accelerator);
    assert.equal(exit.code, 7, `${exit.message} ${console}`);
  });

  test(`${accelerator}: an image that never ends is ended`, { skip }, async () => {
    for (const code of [spin, program(service(0), spin)]) {
      const { exit } = await runCode(code, accelerator, { timeLimitMs: 400 });
      assert.deepEqual([exit.code, exit.reason], [137, 'DeadlineExceeded']);
    }
    const started = new AbortController();
    const { exit } = await runCode(spin, accelerator, { onStarted: () => started.abort(), signal: started.signal });
    assert.deepEqual([exit.code, exit.reason], [137, 'Killed']);
  });

  test(`${accelerator}: a machine with too little memory says so`, { skip }, async () => {
    const memoryBytes = 2 * mebibyte;
    await assert.rejects(runCode(end(0), accelerator, { memoryBytes: 1 }), { code: 'memory' });
    // Room for what the file says, not for the stack.
    const { exit } = await runCode(end(0), accelerator, { memoryBytes, stackBytes: memoryBytes });
    assert.equal(exit.message, 'could not boot: the machine has less memory than the image needs');
    assert.deepEqual([exit.code, exit.reason], [125, 'Error']);
  });
}
