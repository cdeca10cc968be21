/** The agent's certificate and key, read again when the kernel has renewed them. */
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import type { AgentSettings } from '../settings.ts';

export function readKeys(tls: AgentSettings['tls']): SecureContextOptions {
  return {
    cert: readFileSync(tls.certificatePath),
    key: readFileSync(tls.keyPath),
    ca: readFileSync(tls.clientAuthorityPath),
    minVersion: 'TLSv1.2',
  };
}

/**
 * Returns the keys when the files have changed since the last call and fit together. The kernel writes one file after the
 * other, so what does not fit yet is looked at again the next time.
 */
export function keyReader(tls: AgentSettings['tls']): () => SecureContextOptions | undefined {
  const stamp = (): string =>
    Object.values(tls)
      .map((path) => {
        const { mtimeMs, ino, size } = statSync(path);
        return `${mtimeMs} ${ino} ${size}`;
      })
      .join();
  let known = stamp();
  return () => {
    try {
      const now = stamp();
      if (now === known) return undefined;
      const keys = readKeys(tls);
      createSecureContext(keys);
      known = now;
      return keys;
    } catch {
      // Being written, or damaged: the keys in use stay in use.
      return undefined;
    }
  };
}
