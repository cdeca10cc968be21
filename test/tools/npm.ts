/** Packages we run but do not depend on, fetched by the ordinary npm client into a directory of their own. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Root of the checkout. */
export const checkout = join(import.meta.dirname, '../..');

/** Installs exact package versions into `directory` without running any install script. */
export async function installPackages(directory: string, packages: readonly string[]): Promise<void> {
  await mkdir(directory, { recursive: true });
  // Without a package.json of its own npm would take the checkout for the project to install into.
  await writeFile(join(directory, 'package.json'), '{"private":true}\n');
  const words = ['install', '--no-save', '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  const npmScript = process.env.npm_execpath;
  const [program, first] =
    npmScript?.endsWith('.js') === true ? [process.execPath, [npmScript]] : ['npm', [] as string[]];
  try {
    await run(program, [...first, ...words, '--prefix', directory, ...packages], {
      cwd: directory,
      env: { ...process.env, NODE_OPTIONS: '' },
      maxBuffer: 1 << 24,
    });
  } catch (error) {
    throw new Error(`npm could not install ${packages.join(' ')}: ${reason(error)}`, { cause: error });
  }
}

/** The one line of npm's many that says why; the others are codes, a stack and the fields of an object. */
function reason(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  const lines = text.split('\n').filter((line) => /^npm error \S/i.test(line));
  const said = lines
    .map((line) => line.slice('npm error '.length))
    .find((line) => !/^(code|syscall|errno) /.test(line));
  return said ?? text.trim().slice(-300);
}
