/** Other names for what a module imports. */
import { Reader } from '../decode/reader.ts';
import { readSections, sectionIds, writeName, writeSections, writeVector } from './sections.ts';

export type ImportName = readonly [module: string, name: string];

const kinds = { function: 0, table: 1, memory: 2, global: 3 } as const;

/** `nameOf` is asked about each import. */
export function renameImports(
  wasm: Uint8Array,
  nameOf: (module: string, name: string, isMemory: boolean) => ImportName,
): Uint8Array {
  return writeSections(
    readSections(wasm).map((section) => {
      if (section.id !== sectionIds.import) return section;
      const reader = new Reader(section.content);
      const items = reader.vector(() => {
        const [module, name] = [reader.name(), reader.name()];
        const from = reader.offset;
        const kind = reader.byte();
        skipType(reader, kind);
        const [newModule, newName] = nameOf(module, name, kind === kinds.memory);
        return Buffer.concat([writeName(newModule), writeName(newName), section.content.subarray(from, reader.offset)]);
      });
      return { id: section.id, content: writeVector(items) };
    }),
  );
}

/** Core specification §5.5.5. */
function skipType(reader: Reader, kind: number): void {
  if (kind === kinds.function) reader.u32();
  else if (kind === kinds.global) reader.slice(2);
  else {
    if (kind === kinds.table) reader.byte();
    const hasMaximum = (reader.byte() & 1) === 1;
    reader.u32();
    if (hasMaximum) reader.u32();
  }
}
