/** An initial file system for Linux: a cpio archive of the "newc" kind (Documentation/driver-api/early-userspace/buffer-format.rst). */

export interface ArchiveEntry {
  readonly path: string;
  /** File type and permissions as in stat(2). */
  readonly mode: number;
  readonly content?: Uint8Array;
  readonly device?: { readonly major: number; readonly minor: number };
}

export const modes = { directory: 0o40755, program: 0o100755, file: 0o100644, characterDevice: 0o20600 } as const;

const magic = '070701';
const lastEntry: ArchiveEntry = { path: 'TRAILER!!!', mode: 0 };

export function writeArchive(entries: readonly ArchiveEntry[]): Uint8Array {
  return Buffer.concat([...entries, lastEntry].flatMap(encodeEntry));
}

function encodeEntry({ path, mode, content = new Uint8Array(0), device }: ArchiveEntry): readonly Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  // inode, mode, uid, gid, links, mtime, size, device (2), special device (2), length of the name, checksum
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, device?.major ?? 0, device?.minor ?? 0, name.length, 0];
  const header = magic + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return [...padded(Buffer.concat([Buffer.from(header), name])), ...padded(content)];
}

function padded(bytes: Uint8Array): readonly Uint8Array[] {
  return [bytes, new Uint8Array(-bytes.length & 3)];
}
