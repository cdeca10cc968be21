/**
 * Functions of the engine that are replaced by shorter ones of ours (libos/guest/bridge/engine-hot.wat): what a program makes the
 * engine do most. Each is known by its number and the digest of its body, so that another version of the engine ends the build.
 */
import { createHash } from 'node:crypto';
import { decode } from '../decode/decode.ts';
import { Reader } from '../decode/reader.ts';
import {
  readSections,
  type Section,
  sectionIds,
  unsigned,
  writeName,
  writeSections,
  writeVector,
} from '../link/sections.ts';

interface Hook {
  /** As quickjs.c calls it. */
  readonly name: string;
  /** Its number among all functions of the engine's module. */
  readonly index: number;
  /** First digits of the SHA-256 of its body. */
  readonly digest: string;
}

export const hooks: readonly Hook[] = [
  { name: 'JS_FreeValue', index: 20, digest: 'fd6963b9419d14d8' },
  { name: 'JS_FreeValueRT', index: 38, digest: '71d3405bd342679f' },
  { name: 'js_free_rt', index: 23, digest: 'bfa8df0d5232a03d' },
  { name: 'js_malloc_rt', index: 254, digest: '99f46bf19a85dce6' },
  { name: 'strv', index: 31, digest: '133f46fa269489f4' },
  { name: 'JS_DefinePropertyValue', index: 34, digest: '882b989a8e2a2fac' },
  { name: 'js_free_shape', index: 315, digest: 'ecb4644851052081' },
  { name: 'js_realloc_rt', index: 253, digest: '7183e118facff809' },
];

/** Functions of the engine that replacements call. */
const helpers: readonly Hook[] = [
  { name: 'find_own_property', index: 80, digest: '051d8cde971424ba' },
  { name: 'add_property', index: 166, digest: 'e75f26793cc2f8f2' },
];

/** Where the replacement, the function that is replaced, and its former body are exported while modules are joined. */
const replacementOf = (name: string): string => `hot/${name}`;
const slotOf = (name: string): string => `slot/${name}`;
const formerOf = (name: string): string => `former/${name}`;
const helperOf = (name: string): string => `helper/${name}`;

const functionSection = 3;
const functionKind = 0;
const digestLength = 16;

/** What is exported until `replaceHooked`. */
export const hookExports: readonly string[] = hooks.flatMap(({ name }) => [replacementOf(name), slotOf(name)]);

/** Ends the build when the engine is another one. `bodies` are those of the package, as they were. */
export function checkHooked(bodies: readonly Uint8Array[], importedFunctions: number): void {
  for (const { name, index, digest } of [...hooks, ...helpers]) {
    const body = bodies[index - importedFunctions] ?? new Uint8Array();
    const found = createHash('sha256').update(body).digest('hex').slice(0, digestLength);
    if (found !== digest) throw new Error(`the engine's function ${index} is not the ${name} that is known: ${found}`);
  }
}

/** The engine with a second copy of each hooked function, for its replacement to call where it does not do the work itself. */
export function exposeHooked(sections: readonly Section[], importedFunctions: number): readonly Section[] {
  const types = vectorOf(sections, functionSection, (reader) => reader.u32());
  const bodies = bodiesOf(sections);
  const added = hooks.map(({ index }) => index - importedFunctions);
  const copied = <Item>(items: readonly Item[]): Item[] => [
    ...items,
    ...added.flatMap((at) => items.slice(at, at + 1)),
  ];
  const first = importedFunctions + bodies.length;
  const names = [
    ...hooks.flatMap(({ name, index }, at) => [exported(slotOf(name), index), exported(formerOf(name), first + at)]),
    ...helpers.map(({ name, index }) => exported(helperOf(name), index)),
  ];
  return sections.map(({ id, content }) => {
    if (id === functionSection) return { id, content: writeVector(copied(types).map(unsigned)) };
    if (id === sectionIds.code) return { id, content: codeOf(copied(bodies)) };
    if (id === sectionIds.export) return { id, content: writeVector([...exportItems(content), ...names]) };
    return { id, content };
  });
}

/** Puts the replacements where the hooked functions are: whoever called one calls the other. */
export function replaceHooked(wasm: Uint8Array): Uint8Array {
  const sections = readSections(wasm);
  const functions = new Map<string, number>();
  for (const { id, content } of sections) {
    if (id !== sectionIds.export) continue;
    const reader = new Reader(content);
    reader.vector(() => {
      const name = reader.name();
      const kind = reader.byte();
      const index = reader.u32();
      if (kind === functionKind) functions.set(name, index);
    });
  }
  const imported = decode(wasm).functions.filter(({ kind }) => kind === 'imported').length;
  const bodies = bodiesOf(sections);
  for (const { name } of hooks) {
    const replacement = bodies[(functions.get(replacementOf(name)) ?? -1) - imported];
    const slot = (functions.get(slotOf(name)) ?? -1) - imported;
    if (replacement === undefined || bodies[slot] === undefined)
      throw new Error(`${name} cannot be replaced: it is gone`);
    bodies[slot] = replacement;
  }
  return writeSections(
    sections.map(({ id, content }) => ({ id, content: id === sectionIds.code ? codeOf(bodies) : content })),
  );
}

function exported(name: string, index: number): Uint8Array {
  return Buffer.concat([writeName(name), Uint8Array.of(functionKind), unsigned(index)]);
}

function vectorOf<Item>(sections: readonly Section[], wanted: number, read: (reader: Reader) => Item): Item[] {
  const section = sections.find(({ id }) => id === wanted);
  if (section === undefined) throw new Error(`the module has no section ${wanted}`);
  const reader = new Reader(section.content);
  return reader.vector(() => read(reader));
}

const bodiesOf = (sections: readonly Section[]): Uint8Array[] =>
  vectorOf(sections, sectionIds.code, (reader) => reader.slice(reader.u32()));

const codeOf = (bodies: readonly Uint8Array[]): Uint8Array =>
  writeVector(bodies.map((body) => Buffer.concat([unsigned(body.length), body])));

function exportItems(content: Uint8Array): Uint8Array[] {
  const reader = new Reader(content);
  return reader.vector(() => {
    const from = reader.offset;
    reader.name();
    reader.byte();
    reader.u32();
    return content.subarray(from, reader.offset);
  });
}
