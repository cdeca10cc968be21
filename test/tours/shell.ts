/** A kernel, a home directory and one release of kubectl and Helm to talk to it, for tours: steps with expected output. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { startKernel } from '../kernel.ts';
import { type Access, helm, kubectl, type Outcome, type Release } from '../kubectl.ts';

export interface Step {
  /** A command line without the program; words with spaces stand in single quotes, `@name` is a file of the tour's. */
  readonly run: string;
  /** All that is printed, or a part of it. */
  readonly prints: string | RegExp;
  readonly input?: string;
  /** Exit code; absent: 0. */
  readonly code?: number;
  readonly program?: 'kubectl' | 'helm';
  /** Oldest minor version of kubectl that has the command or prints it like this. */
  readonly since?: number;
  /** Newest one. */
  readonly until?: number;
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Shell extends AsyncDisposable {
  readonly home: string;
  run(step: Pick<Step, 'run' | 'input' | 'program' | 'environment'>): Promise<Outcome>;
  /** Writes a file that steps name as `@path`. */
  write(path: string, text: string, mode?: number): void;
}

export async function startShell(release: Release): Promise<Shell> {
  const cell = await startKernel();
  const home = mkdtempSync(join(tmpdir(), 'diatom-tour-'));
  const words = (line: string): string[] =>
    (line.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) =>
      word.replaceAll("'", '').replace(/(^|=)@(?=[a-z])/, `$1${home}/`),
    );
  return {
    home,
    run: ({ run, input, program = 'kubectl', environment }) => {
      const access: Access = {
        kubeconfig: cell.kernel.kubeconfigPath,
        home,
        release,
        timeoutMs: 30_000,
        ...(input === undefined ? {} : { input }),
        ...(environment === undefined ? {} : { environment }),
      };
      return program === 'helm' ? helm(words(run), access) : kubectl(words(run), access);
    },
    write: (path, text, mode = 0o644) => {
      mkdirSync(dirname(join(home, path)), { recursive: true });
      writeFileSync(join(home, path), text, { mode });
    },
    [Symbol.asyncDispose]: async () => {
      await cell[Symbol.asyncDispose]();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Takes every step the release has and reports all that went another way than said. */
export async function tour(shell: Shell, release: Release, steps: readonly Step[]): Promise<void> {
  const minor = Number(release.slice(2));
  const wrong: string[] = [];
  for (const step of steps) {
    if (minor < (step.since ?? 0) || minor > (step.until ?? minor)) continue;
    const { code, stdout, stderr } = await shell.run(step);
    const printed = (stdout + stderr).trimEnd();
    const isRight =
      code === (step.code ?? 0) &&
      (typeof step.prints === 'string' ? printed === step.prints : step.prints.test(printed));
    if (!isRight)
      wrong.push(
        `${step.program ?? 'kubectl'} ${step.run}\n  ${code} ${printed}\n  expected ${step.code ?? 0} ${step.prints}`,
      );
  }
  assert.equal(wrong.join('\n\n'), '');
}
