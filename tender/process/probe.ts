/** Whether KVM really runs a guest on this machine: the native tender boots a probe image. Its mere presence proves nothing. */
import { execFile } from 'node:child_process';

/** A guest that works has ended long before; one that is stuck hangs nobody. */
const timeLimitMs = 2_000;

const cut = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);

/** Undefined: hvt works here. Otherwise why not, in one line. Never rejects. */
export const probeHvt = (binaryPath: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const options = { timeout: timeLimitMs, killSignal: 'SIGKILL', env: {}, cwd: '/' } as const;
    execFile(binaryPath, ['probe'], options, (error, stdout, stderr) => {
      const line = stdout.split('\n', 1)[0]?.trim() ?? '';
      if (line === 'hvt' && error === null) resolve(undefined);
      else if (line.startsWith('no: ')) resolve(cut(line.slice('no: '.length)));
      else if (error?.killed === true) resolve(`the probe's guest did not end within ${timeLimitMs / 1000} s`);
      else resolve(cut(`the probe failed: ${stderr.split('\n', 1)[0] || error?.message || 'it said nothing'}`));
    });
  });
