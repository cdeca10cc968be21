import { ModuleError } from './error.ts';
import { checkLimit } from './limits.ts';
import type { FunctionType, Limits, ReferenceType, ValueType } from './module.ts';
import type { Reader } from './reader.ts';

const valueTypes: Readonly<Record<number, ValueType>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
  112: 'funcref',
  111: 'externref',
};

const unsupportedTypes: Readonly<Record<number, string>> = {
  100: 'typed function references',
  99: 'typed function references',
  105: 'exception handling',
  110: 'garbage collection',
  109: 'garbage collection',
  108: 'garbage collection',
  107: 'garbage collection',
  106: 'garbage collection',
  113: 'garbage collection',
  114: 'garbage collection',
  115: 'garbage collection',
  116: 'exception handling',
};

export const valueTypeOf = (code: number): ValueType | undefined => valueTypes[code];

export function readValueType(reader: Reader): ValueType {
  const at = reader.offset;
  const code = reader.byte();
  const type = valueTypes[code];
  if (type !== undefined) return type;
  const feature = unsupportedTypes[code];
  if (feature !== undefined) throw new ModuleError('unsupported', `value type of ${feature}`, at);
  return reader.fail(`malformed value type 0x${code.toString(16)}`, at);
}

export function readReferenceType(reader: Reader): ReferenceType {
  const at = reader.offset;
  const type = readValueType(reader);
  if (type === 'funcref' || type === 'externref') return type;
  return reader.fail('malformed reference type', at);
}

/** Operand of ref.null. The bottom types behind each hierarchy have one value, null, which funcref and externref have too. */
export function readHeapType(reader: Reader): ReferenceType {
  const at = reader.offset;
  const code = reader.peek();
  if (code < 0x40 || code >= 0x80) {
    reader.s33();
    throw new ModuleError('unsupported', 'typed function references (a type index as heap type)', at);
  }
  if (code !== 0x73 && code !== 0x72) return readReferenceType(reader);
  reader.byte();
  return code === 0x73 ? 'funcref' : 'externref';
}

export function readFunctionType(reader: Reader): FunctionType {
  const at = reader.offset;
  const form = reader.byte();
  if (form === 0x4e || form === 0x50 || form === 0x4f || form === 0x5f || form === 0x5e) {
    throw new ModuleError('unsupported', 'type of garbage collection', at);
  }
  if (form !== 0x60) reader.fail('malformed function type', at);
  const parameters = reader.vector(() => readValueType(reader));
  const results = reader.vector(() => readValueType(reader));
  checkLimit('parameters', parameters.length, at);
  checkLimit('results', results.length, at);
  return { parameters, results };
}

export function readLimits(reader: Reader, what: 'memory' | 'table'): Limits {
  const at = reader.offset;
  const flags = reader.byte();
  if (flags === 0x02 || flags === 0x03) throw new ModuleError('unsupported', `threads (shared ${what})`, at);
  if (flags >= 0x04 && flags <= 0x07) throw new ModuleError('unsupported', `memory64 (64-bit ${what})`, at);
  if (flags > 1) {
    const hint = flags === 0x08 && what === 'memory' ? ': custom page sizes are not supported' : '';
    reader.fail(`malformed limits flags 0x${flags.toString(16)}${hint}`, at);
  }
  const minimum = reader.u32();
  return { minimum, maximum: flags === 1 ? reader.u32() : undefined };
}
