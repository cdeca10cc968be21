/** `diatom.json`, the file beside an application that overrides what the build would choose. */
import { readFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { isConnectRule } from '@diatom/libos/connect';
import { BuildError } from './diagnostic.ts';

export interface Project {
  readonly name: string;
  /** Undefined: those the program listens on. */
  readonly ports: readonly ProjectPort[] | undefined;
  readonly connect: readonly string[];
  readonly maximumBytes: number;
  readonly stackBytes: number;
  /** How long one turn of a JavaScript program may run before it is interrupted. */
  readonly turnMs: number;
  /** What a JavaScript program may hold of a request's body at once: `text()`, `json()` and the like. */
  readonly bodyBytes: number;
  /** How long a request's body may be that it reads bit by bit; no less than `bodyBytes`. */
  readonly streamBytes: number;
  /** Whether a JavaScript program may make code at run time. */
  readonly allowsEval: boolean;
}

export interface ProjectPort {
  readonly name: string;
  readonly port: number;
}

const fileName = 'diatom.json';
const pageBytes = 65536;
/** Two memories with room for the shared buffers of the library OS; 32-bit memories. */
const maximumBytesRange = { from: 1024 * 1024, to: 4 * 1024 * 1024 * 1024 } as const;
const stackBytesRange = { from: 64 * 1024, to: 64 * 1024 * 1024 } as const;
const defaultTurnMs = 10_000;
/** Shorter than a turn of honest work would be a trap of its own; longer, and nobody waits for it any more. */
const turnMsRange = { from: 10, to: 3_600_000 } as const;
const defaultBodyBytes = 1024 * 1024;
const bodyBytesRange = { from: 0, to: 1024 * 1024 * 1024 } as const;
/** A tebibyte: what is passed on takes no memory. */
const largestStreamBytes = 2 ** 40;
const namePattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** What a project has that says nothing about its memory. */
export interface MemoryDefaults {
  readonly maximumBytes: number;
  readonly stackBytes: number;
}

export async function readProject(file: string, defaults: MemoryDefaults): Promise<Project> {
  const path = join(dirname(file), fileName);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return parseProject('{}', file, defaults);
    // One that is there and cannot be read must not be taken for none.
    throw fail(error instanceof Error ? error.message : String(error));
  }
  return parseProject(text, file, defaults);
}

/** `file` is the application; the name comes from it when the project gives none. */
export function parseProject(text: string, file: string, defaults: MemoryDefaults): Project {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw fail(error instanceof Error ? error.message : String(error));
  }
  const root = readObject(json, '', ['name', 'ports', 'memory', 'connect', 'limits', 'allow']);
  const memory = readObject(root.memory ?? {}, 'memory', ['maximumBytes', 'stackBytes']);
  const limits = readObject(root.limits ?? {}, 'limits', ['turnMs', 'bodyBytes', 'streamBytes']);
  const bodyBytes = readNumber(limits.bodyBytes ?? defaultBodyBytes, 'limits.bodyBytes', bodyBytesRange);
  return {
    name: readName(root.name ?? basename(file, extname(file)).toLowerCase(), 'name'),
    ports: root.ports === undefined ? undefined : readPorts(root.ports),
    connect: readConnect(root.connect ?? []),
    maximumBytes: readBytes(memory.maximumBytes ?? defaults.maximumBytes, 'memory.maximumBytes', maximumBytesRange),
    stackBytes: readBytes(memory.stackBytes ?? defaults.stackBytes, 'memory.stackBytes', stackBytesRange),
    turnMs: readNumber(limits.turnMs ?? defaultTurnMs, 'limits.turnMs', turnMsRange),
    bodyBytes,
    streamBytes: readNumber(limits.streamBytes ?? bodyBytes, 'limits.streamBytes', {
      from: bodyBytes,
      to: largestStreamBytes,
    }),
    allowsEval: readAllowed(root.allow ?? []).includes('eval'),
  };
}

function fail(message: string): BuildError {
  return new BuildError([{ code: 'project', file: fileName, message }]);
}

function readObject(value: unknown, path: string, keys: readonly string[]): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fail(`${path === '' ? 'the file' : path} must be an object`);
  }
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    throw fail(`unknown key ${JSON.stringify(path === '' ? key : `${path}.${key}`)}; known are ${keys.join(', ')}`);
  }
  return value as Readonly<Record<string, unknown>>;
}

function readName(value: unknown, path: string): string {
  if (typeof value === 'string' && namePattern.test(value)) return value;
  throw fail(`${path} must be a name of a-z, 0-9 and -, at most 63 characters; got ${JSON.stringify(value)}`);
}

function readPorts(value: unknown): readonly ProjectPort[] {
  if (!Array.isArray(value)) throw fail('ports must be a list of { "port": number, "name"?: string }');
  const ports = value.map((entry: unknown, index) => {
    const { name, port } = readObject(entry, `ports[${index}]`, ['name', 'port']);
    if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
      throw fail(`ports[${index}].port must be a number from 1 to 65535; got ${JSON.stringify(port)}`);
    }
    return { name: readName(name ?? `port-${port}`, `ports[${index}].name`), port };
  });
  for (const key of ['name', 'port'] as const) {
    if (new Set(ports.map((entry) => entry[key])).size < ports.length)
      throw fail(`ports: two entries have the same ${key}`);
  }
  return ports;
}

function readConnect(value: unknown): readonly string[] {
  const isRule = (entry: unknown): entry is string => typeof entry === 'string' && isConnectRule(entry);
  if (Array.isArray(value) && value.every(isRule)) return value;
  const wrong: unknown = Array.isArray(value) ? value.find((entry) => !isRule(entry)) : value;
  throw fail(
    `connect must be a list of "HOST:PORT" or "*.DOMAIN:PORT"; got ${JSON.stringify(wrong)}` +
      (typeof wrong === 'string' && wrong.startsWith('tls:') ? ' (write it without tls:)' : ''),
  );
}

function readAllowed(value: unknown): readonly unknown[] {
  if (Array.isArray(value) && value.every((entry) => entry === 'eval')) return value;
  throw fail(`allow must be a list of what is allowed, which can be "eval"; got ${JSON.stringify(value)}`);
}

function readNumber(value: unknown, path: string, range: { readonly from: number; readonly to: number }): number {
  const { from, to } = range;
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to) return value;
  throw fail(`${path} must be a whole number from ${from} to ${to}; got ${JSON.stringify(value)}`);
}

function readBytes(value: unknown, path: string, range: { readonly from: number; readonly to: number }): number {
  const { from, to } = range;
  if (typeof value === 'number' && Number.isInteger(value) && value >= from && value <= to && value % pageBytes === 0) {
    return value;
  }
  throw fail(`${path} must be a multiple of ${pageBytes} from ${from} to ${to}; got ${JSON.stringify(value)}`);
}
