/** The file the lines go to. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { JsonRecord } from '../kinds/json.ts';
import { parseYamlBody } from '../wire/yaml-body.ts';
import { type Policy, readPolicy } from './policy.ts';

/** Lines that wait for the disk; beyond it they are lost, and the log of the kernel says so. */
const mostWaitingBytes = 64 * 1024 * 1024;

export interface AuditLog {
  write(event: JsonRecord): void;
  /** Resolves when everything is in the file. */
  close(): Promise<void>;
}

/**
 * Lines are added at the end; only the owner can read the file. Throws an Error that names the file when it cannot be written: who
 * wants an audit wants nothing served without it.
 */
export async function openAuditLog(path: string, log: (message: string) => void): Promise<AuditLog> {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 });
  await once(stream, 'open').catch((error: Error) => {
    throw new Error(`audit log ${path} cannot be written: ${error.message}`, { cause: error });
  });
  let lost = 0;
  stream.on('error', (error) => log(`the audit log cannot be written: ${error.message}`));
  stream.on('drain', () => {
    if (lost > 0) log(`${lost} lines of the audit log are lost: ${path} takes them too slowly`);
    lost = 0;
  });
  return {
    write: (event) => {
      if (stream.writableLength > mostWaitingBytes) lost++;
      else stream.write(`${JSON.stringify(event)}\n`);
    },
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}

/** YAML or JSON. Throws an Error that names the file and what is wrong with it. */
export async function loadPolicy(path: string): Promise<Policy> {
  try {
    const { value } = await parseYamlBody(await readFile(path, 'utf8'));
    return readPolicy(value);
  } catch (error) {
    throw new Error(`audit policy ${path}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
