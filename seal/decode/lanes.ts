import type { BodyInstruction } from './body.ts';

const vectorBytes = 16;
/** A shuffle picks from two vectors. */
const shuffleLanes = 2 * vectorBytes;

/** Lanes of the vector an instruction names one of: in its shape (`i16x8`), or by the bits a memory access touches. */
function laneCount(name: string): number {
  const [, bits, lanes] = /^(?:v128\.(?:load|store)(\d+)_lane|[if]\d+x(\d+))/.exec(name) ?? [];
  return bits === undefined ? Number(lanes) : (vectorBytes * 8) / Number(bits);
}

/** Lane immediates beyond what is there (core specification §3.3.2, §3.3.7). */
export function hasInvalidLane({ opcode, lane, bits }: BodyInstruction): boolean {
  switch (opcode.immediates) {
    case 'lane':
    case 'access_lane':
      return lane >= laneCount(opcode.name);
    case 'shuffle':
      for (let at = 0; at < vectorBytes; at += 1) if (((bits >> BigInt(at * 8)) & 0xffn) >= shuffleLanes) return true;
      return false;
    default:
      return false;
  }
}
