/** What memories, globals and tables hold before the first instruction: active segments applied at build time. */
import { ModuleError } from '../decode/error.ts';
import { evaluate, type InitialValue } from '../decode/evaluate.ts';
import type { ConstantExpression, DecodedModule } from '../decode/module.ts';
import { type ContextLayout, pageBytes, wasmPageBytes } from './context-layout.ts';

function offsetOf(module: DecodedModule, expression: ConstantExpression): number {
  const value = evaluate(module, expression);
  return value.kind === 'bits' ? Number(value.bits) : 0;
}

/** The file holds a memory from its first to its last byte that is not zero. */
const mostInitialBytes = 2 ** 30;

/** File bytes of each memory: up to the last page that is not all zero. */
export function initialMemories(module: DecodedModule): readonly Uint8Array[] {
  const images = module.memories.map(() => new Uint8Array(0));
  for (const segment of module.data) {
    if (segment.mode.kind !== 'active') continue;
    const { index } = segment.mode;
    const offset = offsetOf(module, segment.mode.offset);
    const sizeBytes = (module.memories[index]?.limits.minimum ?? 0) * wasmPageBytes;
    const end = offset + segment.bytes.length;
    if (end > sizeBytes) {
      throw new ModuleError(
        'unsupported',
        `data segment ends at ${end}, behind the memory's ${sizeBytes} bytes: instantiation would trap`,
        segment.byteOffset,
      );
    }
    if (end > mostInitialBytes) {
      const what = `initial data beyond the first GiB of a memory (it ends at ${end}): fill it at start instead`;
      throw new ModuleError('unsupported', what, segment.byteOffset);
    }
    images[index] = written(images[index] ?? new Uint8Array(0), offset, segment.bytes);
  }
  return images.map(withoutTrailingZeros);
}

function written(image: Uint8Array<ArrayBuffer>, offset: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  let target = image;
  const end = offset + bytes.length;
  if (end > image.length) {
    target = new Uint8Array(Math.ceil(Math.max(end, image.length * 2) / pageBytes) * pageBytes);
    target.set(image);
  }
  target.set(bytes, offset);
  return target;
}

function withoutTrailingZeros(image: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  let end = image.length;
  while (end > 0 && image[end - 1] === 0) end -= 1;
  return image.slice(0, Math.ceil(end / pageBytes) * pageBytes);
}

/** The data segment: context cells, globals, tables. Trailing zeros are left to the loader. */
export function initialContext(
  module: DecodedModule,
  context: ContextLayout,
  functionAddress: (index: number) => number,
  memories: readonly { readonly base: number; readonly sizeBytes: number; readonly maximumBytes: number }[],
): Uint8Array {
  const image = new Uint8Array(context.sizeBytes);
  const view = new DataView(image.buffer);
  const put = (address: number, value: bigint) => view.setBigUint64(address - context.address, value, true);
  const bitsOf = (value: InitialValue) => (value.kind === 'bits' ? value.bits : BigInt(functionAddress(value.index)));
  for (const [index, cell] of context.memories.entries()) {
    const memory = memories[index];
    if (memory === undefined) continue;
    put(cell.base, BigInt(memory.base));
    put(cell.size, BigInt(memory.sizeBytes));
    put(cell.maximum, BigInt(memory.maximumBytes));
  }
  for (const [index, address] of context.globals.entries()) {
    const initial = module.globals[index]?.initial;
    if (initial === undefined) continue;
    const bits = bitsOf(evaluate(module, initial));
    put(address, BigInt.asUintN(64, bits));
    if (module.globals[index]?.type === 'v128') put(address + 8, bits >> 64n);
  }
  for (const [index, address] of context.dataLengths.entries()) {
    const segment = module.data[index];
    if (segment?.mode.kind === 'passive') put(address, BigInt(segment.bytes.length));
  }
  for (const [index, address] of context.elementLengths.entries()) {
    const segment = module.elements[index];
    if (segment?.mode.kind === 'passive') put(address, BigInt(segment.items.length));
  }
  for (const [index, cell] of context.tables.entries()) {
    const table = module.tables[index];
    if (table === undefined) continue;
    put(cell.size, BigInt(table.limits.minimum));
    if (table.initial === undefined) continue;
    const value = bitsOf(evaluate(module, table.initial));
    for (let element = 0; element < table.limits.minimum; element += 1) put(cell.elements + element * 8, value);
  }
  for (const segment of module.elements) {
    if (segment.mode.kind !== 'active') continue;
    const cell = context.tables[segment.mode.index];
    const offset = offsetOf(module, segment.mode.offset);
    const sizeElements = module.tables[segment.mode.index]?.limits.minimum ?? 0;
    if (cell === undefined || offset + segment.items.length > sizeElements) {
      const what = `element segment does not fit a table of ${sizeElements}: instantiation would trap`;
      throw new ModuleError('unsupported', what, segment.byteOffset);
    }
    for (const [position, item] of segment.items.entries()) {
      put(cell.elements + (offset + position) * 8, bitsOf(evaluate(module, item)));
    }
  }
  let end = image.length;
  while (end > 0 && image[end - 1] === 0) end -= 1;
  return image.subarray(0, end);
}
