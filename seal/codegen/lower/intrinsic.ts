/** Code of the intrinsics of module `linux` (codegen/intrinsics.ts). */
import type { Width } from '../assembler.ts';
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Mnemonic } from '../encodings.ts';
import { supervisorCall } from '../flavours/virtio.ts';
import type { IntrinsicName } from '../intrinsics.ts';
import { type Location, registerLocation } from '../locations.ts';
import {
  callerSaved,
  copyScratch,
  isFloatRegister,
  memoryBase0,
  rax,
  rcx,
  rdi,
  rdx,
  rsi,
  rsp,
  scratch,
} from '../registers.ts';
import { nowhere } from './rule.ts';

interface IntrinsicRule {
  readonly constraints: Constraints;
  emit(emission: Emission, inputs: readonly Location[], result: Location): void;
}

const inRegisters = constraints({ uses: ['register'] });

const peek = (mnemonic: Mnemonic, width: Width): IntrinsicRule => ({
  constraints: inRegisters,
  emit(emission, [address = nowhere], result) {
    emission.assembler.op(mnemonic, width, emission.register(result), { base: emission.register(address) });
  },
});

const poke = (mnemonic: Mnemonic, width: Width): IntrinsicRule => ({
  constraints: inRegisters,
  emit(emission, [address = nowhere, value = nowhere]) {
    emission.assembler.op(mnemonic, width, emission.register(value), { base: emission.register(address) });
  },
});

/** Boot block or argc: the address that the entry stub stored. */
const loadBoot = (emission: Emission, register: number) =>
  emission.assembler.op('mov', 64, register, { displacement: emission.program.context.boot });

/** `in al/ax/eax, dx`; what is narrower than 32 bits is extended afterwards. */
const portIn = (opcode: readonly number[], extend: Mnemonic | undefined): IntrinsicRule => ({
  constraints: constraints({ uses: ['any'], clobbers: [rax, rdx], inputHints: [rdx], resultHint: rax, result: 'any' }),
  emit(emission, [port = nowhere], result) {
    emission.load(rdx, port, 'i32');
    emission.assembler.raw(...opcode);
    if (extend !== undefined) emission.assembler.op(extend, 32, rax, rax);
    emission.move(result, registerLocation(rax), 'i32');
  },
});

/** `out dx, al/ax/eax`. */
const portOut = (opcode: readonly number[]): IntrinsicRule => ({
  constraints: constraints({ uses: ['any'], clobbers: [rax, rdx], inputHints: [rdx, rax] }),
  emit(emission, [port = nowhere, value = nowhere]) {
    emission.moves([
      { to: registerLocation(rdx), from: port, type: 'i32' },
      { to: registerLocation(rax), from: value, type: 'i32' },
    ]);
    emission.assembler.raw(...opcode);
  },
});

export const intrinsicRules: Readonly<Record<IntrinsicName, IntrinsicRule>> = {
  memory_base: {
    constraints: inRegisters,
    emit(emission, _, result) {
      emission.assembler.op('mov', 64, emission.register(result), memoryBase0);
    },
  },
  boot: {
    constraints: inRegisters,
    emit(emission, [word = nowhere], result) {
      loadBoot(emission, scratch);
      const place = { base: scratch, index: emission.register(word), scale: 8 } as const;
      emission.assembler.op('mov', 64, emission.register(result), place);
    },
  },
  peek8: peek('movzx8', 32),
  peek32: peek('mov', 32),
  peek64: peek('mov', 64),
  poke8: poke('store8', 32),
  poke32: poke('store', 32),
  poke64: poke('store', 64),
  copy: {
    constraints: constraints({
      uses: ['any'],
      clobbers: [rax, rcx, rdi, rsi, copyScratch],
      inputHints: [rdi, rsi, rcx],
    }),
    emit(emission, [to = nowhere, from = nowhere, length = nowhere]) {
      emission.moves([
        { to: registerLocation(rdi), from: to, type: 'i64' },
        { to: registerLocation(rsi), from, type: 'i64' },
        { to: registerLocation(rcx), from: length, type: 'i64' },
      ]);
      emission.assembler.call(emission.program.runtime.copy());
    },
  },
  timestamp: {
    constraints: constraints({ clobbers: [rax, rdx], resultHint: rax, result: 'any' }),
    emit(emission, _, result) {
      const { assembler } = emission;
      assembler.raw(0x0f, 0x31); // rdtsc: edx:eax
      assembler.shiftImmediate('shl', 64, rdx, 32);
      assembler.op('or', 64, rax, rdx);
      emission.move(result, registerLocation(rax), 'i64');
    },
  },
  in8: portIn([0xec], 'movzx8'),
  in16: portIn([0x66, 0xed], 'movzx16'),
  in32: portIn([0xed], undefined),
  out8: portOut([0xee]),
  out16: portOut([0x66, 0xef]),
  out32: portOut([0xef]),
  supervisor: {
    constraints: constraints({
      uses: ['any'],
      clobbers: callerSaved.filter((register) => !isFloatRegister(register)),
      inputHints: [rax, rdi, rsi],
      resultHint: rax,
      result: 'any',
    }),
    emit(emission, [number = nowhere, a = nowhere, b = nowhere], result) {
      emission.moves([
        { to: registerLocation(rax), from: number, type: 'i32' },
        { to: registerLocation(rdi), from: a, type: 'i64' },
        { to: registerLocation(rsi), from: b, type: 'i64' },
      ]);
      emission.assembler.raw(...supervisorCall);
      emission.move(result, registerLocation(rax), 'i64');
    },
  },
  start_stack: {
    constraints: inRegisters,
    emit: (emission, _, result) => loadBoot(emission, emission.register(result)),
  },
  signal_entry: {
    constraints: inRegisters,
    emit(emission, _, result) {
      const label = emission.program.runtime.signalEntry();
      emission.assembler.op('lea', 64, emission.register(result), { label });
    },
  },
  enter: {
    constraints: constraints({ uses: ['any'] }),
    emit(emission, [entry = nowhere, boot = nowhere, stack = nowhere]) {
      emission.moves([
        { to: registerLocation(rdi), from: boot, type: 'i64' },
        { to: registerLocation(rsi), from: entry, type: 'i64' },
        { to: registerLocation(rax), from: stack, type: 'i64' },
      ]);
      emission.assembler.op('mov', 64, rsp, rax);
      emission.assembler.jumpThrough(rsi);
    },
  },
};
