/**
 * Programs of others that some tests run: Debian's packages. `npm test` installs what is missing where it may, as root on
 * a machine with apt-get; elsewhere it says what to install, and the tests that need it are skipped with that reason.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

export interface DebianProgram {
  readonly program: string;
  readonly packages: readonly string[];
  readonly tests: string;
}

export const debianPrograms: readonly DebianProgram[] = [
  { program: 'qemu-system-x86_64', packages: ['qemu-system-x86'], tests: 'the virtio target' },
  {
    program: 'clang',
    packages: ['clang', 'lld', 'wasi-libc', 'libclang-rt-14-dev-wasm32'],
    tests: 'C programs as images',
  },
];

const installTimeoutMs = 240_000;

export function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function aptGet(words: readonly string[]): Promise<string | undefined> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return new Promise((resolve) => {
    execFile('apt-get', [...words], { env, timeout: installTimeoutMs }, (error, _stdout, stderr) => {
      resolve(error === null ? undefined : stderr.trim().split('\n').at(-1) || error.message);
    });
  });
}

/** One line for each program that was missing: what became of it. Never rejects. */
export async function obtainDebianPrograms(): Promise<readonly string[]> {
  const missing = debianPrograms.filter(({ program }) => !isInstalled(program));
  if (missing.length === 0) return [];
  const packages = missing.flatMap((each) => each.packages);
  const install = ['install', '-y', '-qq', '--no-install-recommends', ...packages];
  let why: string | undefined = 'not root, or no apt-get';
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    why = await aptGet(install);
    // A machine that has never looked at its package lists does not know where they are.
    if (why !== undefined) why = (await aptGet(['update', '-qq'])) ?? (await aptGet(install));
  }
  return missing.map(({ program, packages: names, tests }) =>
    isInstalled(program)
      ? `ready   ${program} (installed now)`
      : `MISSING ${program}: ${why ?? 'the packages do not hold it'}\n        Tests of ${tests} are skipped; apt-get install ${names.join(' ')}`,
  );
}
