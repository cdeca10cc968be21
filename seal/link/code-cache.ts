/**
 * Machine code of functions from earlier builds, for all applications and targets in one file: they share the library OS,
 * and a file per function would be thousands. What the present build uses moves to the front; what does not fit any more
 * falls off the end.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { CodeCache } from '../compile.ts';
import { keep, readKept } from './cache.ts';

/** Twenty times the code of QuickJS. */
const mostPackBytes = 16 * 1024 * 1024;

/** Length of the value and checksum of all that follows the checksum; then key and value. */
const keyBytes = 32;
const headerBytes = 8 + keyBytes;

export interface KeptCode {
  readonly cache: CodeCache;
  /** To be called when all code that is wanted has been asked for. */
  save(): Promise<void>;
}

export async function openKeptCode(): Promise<KeptCode> {
  const name = `code-${compilerDigest()}`;
  const pack = new CodePack((await readKept(name)) ?? new Uint8Array(0));
  return {
    cache: pack,
    async save() {
      if (pack.hasNews) await keep(name, pack.write(mostPackBytes));
    },
  };
}

export class CodePack implements CodeCache {
  private readonly old = new Map<string, Buffer>();
  private readonly used = new Map<string, Uint8Array>();
  hasNews = false;

  /** Ends quietly where the bytes make no sense any more. */
  constructor(bytes: Uint8Array) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + headerBytes <= buffer.length; ) {
      const end = at + headerBytes + buffer.readUInt32LE(at);
      if (end > buffer.length) return;
      this.old.set(buffer.toString('hex', at + 8, at + headerBytes), buffer.subarray(at, end));
      at = end;
    }
  }

  get(key: string): Uint8Array | undefined {
    const used = this.used.get(key);
    if (used !== undefined) return used;
    const entry = this.old.get(key);
    if (entry === undefined) return undefined;
    this.old.delete(key);
    // A damaged entry is one that is not there: it is compiled and written again.
    if (crc32(entry.subarray(8)) !== entry.readUInt32LE(4)) return undefined;
    const value = entry.subarray(headerBytes);
    this.used.set(key, value);
    return value;
  }

  put(key: string, value: Uint8Array): void {
    this.used.set(key, value);
    this.hasNews = true;
  }

  write(mostBytes: number): Uint8Array {
    const entries: Uint8Array[] = [];
    let total = 0;
    const add = (entry: Uint8Array) => {
      total += entry.length;
      if (total <= mostBytes) entries.push(entry);
    };
    for (const [key, value] of this.used) add(entryOf(key, value));
    for (const entry of this.old.values()) add(entry);
    return Buffer.concat(entries);
  }
}

function entryOf(key: string, value: Uint8Array): Uint8Array {
  const entry = Buffer.allocUnsafe(headerBytes + value.length);
  entry.writeUInt32LE(value.length, 0);
  entry.write(key, 8, 'hex');
  entry.set(value, headerBytes);
  entry.writeUInt32LE(crc32(entry.subarray(8)), 4);
  return entry;
}

let digest: string | undefined;

/** Of everything that turns a function into code: another compiler finds nothing of this one's. */
function compilerDigest(): string {
  if (digest !== undefined) return digest;
  const hash = createHash('sha256');
  for (const folder of ['codegen', 'decode', 'ir']) {
    const directory = join(import.meta.dirname, '..', folder);
    const files = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    for (const file of files.sort()) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
      const text = readFileSync(join(directory, file));
      hash.update(`${folder}/${file} ${text.length}:`).update(text);
    }
  }
  digest = hash.digest('hex').slice(0, 32);
  return digest;
}
