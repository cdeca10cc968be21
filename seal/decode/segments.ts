/** Element and data segments (core specification §5.5.12, §5.5.14). */
import { readConstantExpression } from './constant.ts';
import type { ConstantExpression, DataSegment, ElementSegment, ReferenceType, SegmentMode } from './module.ts';
import type { Reader } from './reader.ts';
import { readReferenceType } from './types.ts';

function readFunctionItems(reader: Reader): readonly ConstantExpression[] {
  return reader.vector(() => {
    const byteOffset = reader.offset;
    return { operations: [{ kind: 'function', index: reader.u32() } as const], byteOffset };
  });
}

function readElementKind(reader: Reader): ReferenceType {
  if (reader.byte() !== 0) reader.fail('malformed element kind', reader.offset - 1);
  return 'funcref';
}

/** Flag bits: 1 = not active, 2 = explicit table or declarative, 4 = items are expressions. */
export function readElementSegment(reader: Reader): ElementSegment {
  const byteOffset = reader.offset;
  const flags = reader.u32();
  if (flags > 7) reader.fail('malformed element segment kind', byteOffset);
  let mode: SegmentMode;
  if (flags & 1) {
    mode = { kind: flags & 2 ? 'declarative' : 'passive' };
  } else {
    const index = flags & 2 ? reader.u32() : 0;
    mode = { kind: 'active', index, offset: readConstantExpression(reader) };
  }
  const expressions = (flags & 4) !== 0;
  let type: ReferenceType = 'funcref';
  if (flags & 3) type = expressions ? readReferenceType(reader) : readElementKind(reader);
  const items = expressions ? reader.vector(() => readConstantExpression(reader)) : readFunctionItems(reader);
  return { mode, type, items, byteOffset };
}

export function readDataSegment(reader: Reader): DataSegment {
  const byteOffset = reader.offset;
  const flags = reader.u32();
  if (flags > 2) reader.fail('malformed data segment kind', byteOffset);
  const mode: SegmentMode =
    flags === 1
      ? { kind: 'passive' }
      : { kind: 'active', index: flags === 2 ? reader.u32() : 0, offset: readConstantExpression(reader) };
  return { mode, bytes: reader.slice(reader.u32()), byteOffset };
}
