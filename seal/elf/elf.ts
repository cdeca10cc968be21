/** A static ELF executable (System V ABI, ELF-64) from segments: no sections, no symbols, no relocations. */

export type SegmentKind = 'load' | 'note' | 'diatom-memory' | 'stack';

export interface Segment {
  readonly kind: SegmentKind;
  readonly flags: { readonly read: boolean; readonly write: boolean; readonly execute: boolean };
  readonly address: number;
  /** Physical address field; PT_DIATOM_MEMORY keeps the maximal size there. */
  readonly physicalAddress: number;
  readonly bytes: Uint8Array;
  readonly memorySizeBytes: number;
  readonly alignment: number;
  /** Its first bytes are the file's: room the caller has left for headers and notes. */
  readonly holdsHeaders?: boolean;
}

const segmentTypes: Readonly<Record<SegmentKind, number>> = {
  load: 1,
  note: 4,
  'diatom-memory': 0x6474_d001,
  stack: 0x6474_e551,
};

const pageBytes = 4096;
const headerBytes = 64;
const programHeaderBytes = 56;

/** What need not begin on a page stands right behind the headers. */
const fileOrder = (a: Segment, b: Segment) => Number(a.alignment >= pageBytes) - Number(b.alignment >= pageBytes);

export function writeElf(entry: number, segments: readonly Segment[]): Uint8Array {
  let offset = headerBytes + segments.length * programHeaderBytes;
  const offsets = new Map<Segment, number>();
  for (const segment of [...segments].sort(fileOrder)) {
    const { holdsHeaders = false, bytes, alignment } = segment;
    if (bytes.length === 0) continue;
    if (holdsHeaders && offset > bytes.length) throw new Error('the headers do not fit into the room left for them');
    const at = holdsHeaders ? 0 : Math.ceil(offset / alignment) * alignment;
    offsets.set(segment, at);
    offset = at + bytes.length;
  }
  const placed = segments.map((segment) => ({ segment, at: offsets.get(segment) ?? 0 }));
  const file = new Uint8Array(offset);
  // What holds the headers is written before them.
  for (const { segment, at } of [...placed].sort((a, b) => a.at - b.at)) file.set(segment.bytes, at);
  const view = new DataView(file.buffer);
  // e_ident: magic, 64-bit, little endian, version 1, System V.
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]);
  view.setUint16(16, 2, true); // ET_EXEC
  view.setUint16(18, 62, true); // EM_X86_64
  view.setUint32(20, 1, true);
  view.setBigUint64(24, BigInt(entry), true);
  view.setBigUint64(32, BigInt(headerBytes), true);
  view.setUint16(52, headerBytes, true);
  view.setUint16(54, programHeaderBytes, true);
  view.setUint16(56, segments.length, true);
  view.setUint16(58, 64, true);
  for (const [index, { segment, at }] of placed.entries()) {
    const header = headerBytes + index * programHeaderBytes;
    const { read, write, execute } = segment.flags;
    view.setUint32(header, segmentTypes[segment.kind], true);
    view.setUint32(header + 4, (execute ? 1 : 0) | (write ? 2 : 0) | (read ? 4 : 0), true);
    view.setBigUint64(header + 8, BigInt(at), true);
    view.setBigUint64(header + 16, BigInt(segment.address), true);
    view.setBigUint64(header + 24, BigInt(segment.physicalAddress), true);
    view.setBigUint64(header + 32, BigInt(segment.bytes.length), true);
    view.setBigUint64(header + 40, BigInt(segment.memorySizeBytes), true);
    view.setBigUint64(header + 48, BigInt(segment.alignment), true);
  }
  return file;
}
