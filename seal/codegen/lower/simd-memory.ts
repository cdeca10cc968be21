/** Vector loads and stores beyond the plain ones: widening, splatting, single lanes. The address is guarded like any other. */
import type { MemoryOperand } from '../assembler.ts';
import { type Constraints, constraints } from '../constraints.ts';
import type { Emission } from '../emission.ts';
import type { Mnemonic } from '../encodings.ts';
import type { Location } from '../locations.ts';
import { scratch } from '../registers.ts';
import { nowhere } from './rule.ts';
import { emitSplat } from './simd-lanes.ts';

interface VectorLoad {
  readonly constraints: Constraints;
  emit(emission: Emission, to: number, memory: MemoryOperand, inputs: readonly Location[]): void;
}

interface VectorStore {
  readonly constraints: Constraints;
  emit(emission: Emission, value: number, memory: MemoryOperand, lane: Location): void;
}

const address = constraints({ uses: ['register'] });

const plain = (mnemonic: Mnemonic): VectorLoad => ({
  constraints: address,
  emit: ({ assembler }, to, memory) => assembler.op(mnemonic, 32, to, memory),
});

/** Through the general scratch register, which the address may have used before. */
const splatSmall = (mnemonic: Mnemonic, shape: 'i8x16' | 'i16x8'): VectorLoad => ({
  constraints: address,
  emit(emission, to, memory) {
    emission.assembler.op(mnemonic, 32, scratch, memory);
    emission.assembler.op('movd', 32, to, scratch);
    emitSplat(emission, shape, to);
  },
});

const splatWord: VectorLoad = {
  constraints: address,
  emit(emission, to, memory) {
    emission.assembler.op('movss', 32, to, memory);
    emitSplat(emission, 'i32x4', to);
  },
};

const laneOf = (location: Location): number => (location.kind === 'constant' ? Number(location.bits) : 0);

const lane = (mnemonic: Mnemonic, width: 32 | 64): VectorLoad => ({
  constraints: constraints({ uses: ['register', 'any', 'any'] }),
  emit(emission, to, memory, [, vector = nowhere, index = nowhere]) {
    emission.load(to, vector, 'v128');
    emission.assembler.opByte(mnemonic, width, to, memory, laneOf(index));
  },
});

export const vectorLoads: ReadonlyMap<string, VectorLoad> = new Map([
  ['v128.load', plain('movups')],
  ['v128.load8x8_s', plain('pmovsxbw')],
  ['v128.load8x8_u', plain('pmovzxbw')],
  ['v128.load16x4_s', plain('pmovsxwd')],
  ['v128.load16x4_u', plain('pmovzxwd')],
  ['v128.load32x2_s', plain('pmovsxdq')],
  ['v128.load32x2_u', plain('pmovzxdq')],
  ['v128.load8_splat', splatSmall('movzx8', 'i8x16')],
  ['v128.load16_splat', splatSmall('movzx16', 'i16x8')],
  ['v128.load32_splat', splatWord],
  ['v128.load64_splat', plain('movddup')],
  ['v128.load32_zero', plain('movss')],
  ['v128.load64_zero', plain('movsd')],
  ['v128.load8_lane', lane('pinsrb', 32)],
  ['v128.load16_lane', lane('pinsrw', 32)],
  ['v128.load32_lane', lane('pinsrd', 32)],
  ['v128.load64_lane', lane('pinsrd', 64)],
]);

const stored = constraints({ uses: ['register', 'register', 'any'] });

const storeLane = (mnemonic: Mnemonic, width: 32 | 64): VectorStore => ({
  constraints: stored,
  emit: ({ assembler }, value, memory, index) => assembler.opByte(mnemonic, width, value, memory, laneOf(index)),
});

export const vectorStores: ReadonlyMap<string, VectorStore> = new Map([
  [
    'v128.store',
    { constraints: stored, emit: ({ assembler }, value, memory) => assembler.op('storeups', 32, value, memory) },
  ],
  ['v128.store8_lane', storeLane('pextrb', 32)],
  ['v128.store16_lane', storeLane('storepextrw', 32)],
  ['v128.store32_lane', storeLane('pextrd', 32)],
  ['v128.store64_lane', storeLane('pextrd', 64)],
]);
