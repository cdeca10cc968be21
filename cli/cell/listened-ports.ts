/** Which ports of this machine programs listen on (Linux proc_pid_net(5); `st` 0A is TCP_LISTEN). */
import { readFileSync } from 'node:fs';

const tables = ['/proc/net/tcp', '/proc/net/tcp6'];
const listening = '0A';

/**
 * Whether somebody listens on a port, at whatever address. Asked where a Service is decided, which cannot wait: the
 * files are read at once, and say nothing on a machine that lacks them.
 */
export function isListenedOn(port: number): boolean {
  const end = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return tables.some((path) =>
    lines(path).some((line) => {
      const [, local = '', , state] = line.trim().split(/\s+/, 4);
      return state === listening && local.endsWith(end);
    }),
  );
}

function lines(path: string): readonly string[] {
  try {
    return readFileSync(path, 'latin1').split('\n');
  } catch {
    return [];
  }
}
