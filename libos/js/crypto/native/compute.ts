/** What the machine computes for the modules of this folder: bytes in, bytes or a verdict out. */
import { host } from '../../host.ts';
import type { Bytes } from '../algorithm.ts';

type Operand = Uint8Array<ArrayBufferLike> | number;

/** Operands cross as whole buffers. */
function wholeBuffer(operand: Operand): ArrayBuffer | number {
  if (typeof operand === 'number') return operand;
  const { buffer, byteLength } = operand;
  return (byteLength === buffer.byteLength ? buffer : operand.slice().buffer) as ArrayBuffer;
}

function outcomeOf(operation: number, operands: readonly Operand[]): ArrayBuffer | boolean {
  if (host.compute === undefined) throw new Error('this host computes no cryptography');
  const outcome = host.compute(operation, ...operands.map(wholeBuffer));
  if (outcome === undefined) throw new RangeError('out of memory');
  return outcome;
}

/** The result, or null where there is none for these operands. */
export function bytesOrNull(operation: number, ...operands: readonly Operand[]): Bytes | null {
  const outcome = outcomeOf(operation, operands);
  return typeof outcome === 'boolean' ? null : new Uint8Array(outcome);
}

/** For operations that have a result whatever the operands. */
export function bytesFor(operation: number, ...operands: readonly Operand[]): Bytes {
  const outcome = bytesOrNull(operation, ...operands);
  if (outcome === null) throw new Error(`operation ${operation} refused its operands`);
  return outcome;
}

export function isSo(operation: number, ...operands: readonly Operand[]): boolean {
  return outcomeOf(operation, operands) === true;
}
