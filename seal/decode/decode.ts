/** Binary format → typed module (core specification §5.5). Function bodies stay bytes until they are compiled. */
import { readConstantExpression } from './constant.ts';
import { ModuleError } from './error.ts';
import { checkLimit, limits } from './limits.ts';
import type {
  DataSegment,
  DecodedModule,
  ElementSegment,
  Export,
  FunctionType,
  Global,
  ImportedFunction,
  Memory,
  ModuleFunction,
  Table,
  ValueType,
} from './module.ts';
import { readFunctionNames } from './names.ts';
import { Reader } from './reader.ts';
import { readDataSegment, readElementSegment } from './segments.ts';
import { readFunctionType, readLimits, readReferenceType, readValueType } from './types.ts';

const sectionNames = [
  'custom',
  'type',
  'import',
  'function',
  'table',
  'memory',
  'global',
  'export',
  'start',
  'element',
  'code',
  'data',
  'data count',
  'tag',
] as const;

/** Order in which sections must come; the data count stands before the code. */
const sectionOrder: Readonly<Record<number, number>> = {
  1: 1,
  2: 2,
  3: 3,
  4: 4,
  5: 5,
  13: 6,
  6: 7,
  7: 8,
  8: 9,
  9: 10,
  12: 11,
  10: 12,
  11: 13,
};

interface CodeEntry {
  readonly locals: readonly ValueType[];
  readonly bodyStart: number;
  readonly bodyEnd: number;
}

interface Sections {
  types: readonly FunctionType[];
  readonly imports: ImportedFunction[];
  functionTypes: readonly number[];
  readonly tables: Table[];
  readonly memories: Memory[];
  readonly globals: Global[];
  exports: readonly Export[];
  start: number | undefined;
  startByteOffset: number;
  elements: readonly ElementSegment[];
  code: readonly CodeEntry[];
  localCount: number;
  data: readonly DataSegment[];
  dataCount: number | undefined;
  names: ReadonlyMap<number, string>;
}

const exportKinds = ['function', 'table', 'memory', 'global'] as const;

function readTable(reader: Reader): Table {
  const byteOffset = reader.offset;
  let initial: Table['initial'];
  const explicit = reader.peek() === 0x40;
  if (explicit) {
    reader.byte();
    if (reader.byte() !== 0) reader.fail('malformed table', reader.offset - 1);
  }
  const type = readReferenceType(reader);
  const limits = readLimits(reader, 'table');
  if (explicit) initial = readConstantExpression(reader);
  return { type, limits, initial, imported: undefined, byteOffset };
}

function readMutability(reader: Reader): boolean {
  const flag = reader.byte();
  if (flag > 1) reader.fail('malformed mutability', reader.offset - 1);
  return flag === 1;
}

function readImport(reader: Reader, sections: Sections): void {
  const byteOffset = reader.offset;
  const imported = { module: reader.name(), field: reader.name() };
  const kind = reader.byte();
  switch (kind) {
    case 0:
      sections.imports.push({
        kind: 'imported',
        ...imported,
        typeIndex: reader.u32(),
        name: `${imported.module}.${imported.field}`,
        byteOffset,
      });
      return;
    case 1:
      sections.tables.push({
        type: readReferenceType(reader),
        limits: readLimits(reader, 'table'),
        initial: undefined,
        imported,
        byteOffset,
      });
      return;
    case 2:
      sections.memories.push({ limits: readLimits(reader, 'memory'), imported, byteOffset });
      return;
    case 3:
      sections.globals.push({
        type: readValueType(reader),
        mutable: readMutability(reader),
        initial: undefined,
        imported,
        byteOffset,
      });
      return;
    case 4:
      throw new ModuleError('unsupported', 'imported tag of exception handling', byteOffset);
    default:
      reader.fail('malformed import kind', reader.offset - 1);
  }
}

function readCode(reader: Reader, sections: Sections): CodeEntry {
  const size = reader.u32();
  const start = reader.offset;
  const end = start + size;
  if (end > reader.end) reader.fail('unexpected end');
  checkLimit('bytes of one function', size, start);
  const body = new Reader(reader.bytes, start, end);
  const locals: ValueType[] = [];
  const groups = body.u32();
  for (let group = 0; group < groups; group += 1) {
    const count = body.u32();
    if (locals.length + count > limits['locals of one function']) body.fail('too many locals');
    const type = readValueType(body);
    for (let index = 0; index < count; index += 1) locals.push(type);
  }
  sections.localCount += locals.length;
  checkLimit('locals of all functions', sections.localCount, start);
  if (end === body.offset || reader.bytes[end - 1] !== 0x0b) body.fail('END opcode expected', end - 1);
  reader.offset = end;
  return { locals, bodyStart: body.offset, bodyEnd: end };
}

function readSection(id: number, reader: Reader, sections: Sections): void {
  switch (id) {
    case 1:
      sections.types = reader.vector(() => readFunctionType(reader));
      return;
    case 2:
      reader.vector(() => readImport(reader, sections));
      return;
    case 3:
      sections.functionTypes = reader.vector(() => reader.u32());
      return;
    case 4:
      reader.vector(() => sections.tables.push(readTable(reader)));
      return;
    case 5:
      reader.vector(() => {
        const byteOffset = reader.offset;
        sections.memories.push({ limits: readLimits(reader, 'memory'), imported: undefined, byteOffset });
      });
      return;
    case 6:
      reader.vector(() => {
        const byteOffset = reader.offset;
        const type = readValueType(reader);
        const mutable = readMutability(reader);
        const initial = readConstantExpression(reader);
        sections.globals.push({ type, mutable, initial, imported: undefined, byteOffset });
      });
      return;
    case 7:
      sections.exports = reader.vector(() => {
        const byteOffset = reader.offset;
        const name = reader.name();
        const kindByte = reader.byte();
        const kind = exportKinds[kindByte];
        if (kind === undefined) return reader.fail('malformed export kind', reader.offset - 1);
        return { name, kind, index: reader.u32(), byteOffset };
      });
      return;
    case 8:
      sections.startByteOffset = reader.offset;
      sections.start = reader.u32();
      return;
    case 9:
      sections.elements = reader.vector(() => readElementSegment(reader));
      return;
    case 10:
      sections.code = reader.vector(() => readCode(reader, sections));
      return;
    case 11:
      sections.data = reader.vector(() => readDataSegment(reader));
      return;
    case 12:
      sections.dataCount = reader.u32();
      return;
    default:
      throw new ModuleError('unsupported', `section ${sectionNames[id] ?? id}`, reader.offset);
  }
}

export function decode(bytes: Uint8Array): DecodedModule {
  const reader: Reader = new Reader(bytes);
  if (bytes.length < 4 || reader.fixedU32() !== 0x6d736100) {
    throw new ModuleError('malformed', 'magic header not detected', 0);
  }
  const version = reader.fixedU32();
  if (version !== 1) throw new ModuleError('malformed', `unknown binary version ${version}`, 4);
  const sections: Sections = {
    types: [],
    imports: [],
    functionTypes: [],
    tables: [],
    memories: [],
    globals: [],
    exports: [],
    start: undefined,
    startByteOffset: 0,
    elements: [],
    code: [],
    localCount: 0,
    data: [],
    dataCount: undefined,
    names: new Map(),
  };
  let last = 0;
  while (!reader.done) {
    const at = reader.offset;
    const id = reader.byte();
    const size = reader.u32();
    const start = reader.offset;
    if (size > bytes.length - start) reader.fail('length out of bounds');
    if (id === 0) {
      const custom = new Reader(bytes, start, start + size);
      if (custom.name() === 'name') sections.names = readFunctionNames(bytes, custom.offset, start + size);
    } else {
      const order = sectionOrder[id];
      if (order === undefined) reader.fail(`malformed section id ${id}`, at);
      if (order <= last) {
        reader.fail(`unexpected content after last section: section ${sectionNames[id]} out of order or repeated`, at);
      }
      last = order;
      const section = new Reader(bytes, start, start + size);
      readSection(id, section, sections);
      if (!section.done) section.fail('section size mismatch');
    }
    reader.offset = start + size;
  }
  return assemble(bytes, sections);
}

function assemble(bytes: Uint8Array, sections: Sections): DecodedModule {
  const { types, imports, functionTypes, code, names } = sections;
  if (functionTypes.length !== code.length) {
    throw new ModuleError('malformed', 'function and code section have inconsistent lengths', bytes.length);
  }
  if (sections.dataCount !== undefined && sections.dataCount !== sections.data.length) {
    throw new ModuleError('malformed', 'data count and data section have inconsistent lengths', bytes.length);
  }
  const functions: ModuleFunction[] = [...imports];
  for (const [index, entry] of code.entries()) {
    const name = names.get(functions.length) ?? `function[${functions.length}]`;
    functions.push({ kind: 'defined', typeIndex: functionTypes[index] ?? 0, name, bytes, ...entry });
  }
  return {
    types,
    functions,
    tables: sections.tables,
    memories: sections.memories,
    globals: sections.globals,
    exports: sections.exports,
    start: sections.start,
    startByteOffset: sections.startByteOffset,
    elements: sections.elements,
    data: sections.data,
    dataCount: sections.dataCount,
  };
}
