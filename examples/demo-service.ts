/** One service of the demo in its cell: deployed by kubectl, then asked, loaded and left alone. */
import { generateLoad, type LoadResult } from '@diatom/bench/load';
import { pssKb } from '@diatom/bench/measure/process-tree.ts';
import type { NativeTarget } from '@diatom/libos/manifest';
import type { DemoCell } from './demo-cell.ts';
import { request } from './demo-request.ts';
import { Unexpected, waitFor } from './demo-steps.ts';

export interface Deployed {
  readonly target: NativeTarget;
  /** Of the Deployment, the Service and the label `app`. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly applyToReadyMs: number;
}

export type Kubectl = (...words: readonly string[]) => Promise<string>;

export const loadPlan = { connections: 32, durationMs: 2_500 } as const;

export async function deploy(
  kubectl: Kubectl,
  { target, name, file }: { readonly target: NativeTarget; readonly name: string; readonly file: string },
): Promise<Deployed> {
  const startedMs = performance.now();
  await kubectl('apply', '-f', file);
  await kubectl('rollout', 'status', `deployment/${name}`, '--timeout=20s');
  const applyToReadyMs = performance.now() - startedMs;
  const { spec } = JSON.parse(await kubectl('get', 'service', name, '-o', 'json'));
  return { target, name, host: String(spec.clusterIP), port: Number(spec.ports[0].port), applyToReadyMs };
}

/** Milliseconds from connect to first byte of the list of books, which nobody has filled in a fresh instance. */
export async function askForBooks({ host, port }: Deployed): Promise<number> {
  const { firstByteMs, body } = await request({ host, port, path: '/books' });
  if (body !== '[]') throw new Unexpected('an empty list of books', JSON.stringify(body));
  return firstByteMs;
}

const book = { title: 'Kunstformen der Natur', author: 'Haeckel', year: 1904, tags: ['art', 'sea'] };

/** Adds a book and reads it again and again. */
export async function load({ host, port }: Deployed): Promise<LoadResult> {
  const added: { readonly id: number } = JSON.parse((await request({ host, port, path: '/books', body: book })).body);
  const reading = { method: 'GET', path: `/books/${added.id}`, headers: {}, body: '' };
  const result = await generateLoad({ ...loadPlan, host, port, request: reading });
  if (result.failed > 0) throw new Unexpected('no failed request', `${result.failed}: ${result.firstFailure}`);
  return result;
}

/** No instance process, and the cell says so too. */
export async function untilZero(cell: DemoCell, kubectl: Kubectl): Promise<void> {
  await waitFor('no instance process', 20_000, async () => {
    const running = cell.instanceProcesses();
    return running.length === 0 ? { found: true } : { seen: `process ${running.join(', ')}` };
  });
  await waitFor('"kubectl get pods" to show Asleep', 10_000, async () => {
    const pods = (await kubectl('get', 'pods', '--no-headers')).split('\n');
    return pods.every((line) => line.includes('Asleep')) ? { found: true } : { seen: pods.join('\n') };
  });
}

/** Of the instances that run now; null where the machine does not let others look. */
export function idleMemoryKb(cell: DemoCell): number | null {
  const kb = cell.instanceProcesses().reduce((sum, pid) => sum + pssKb(pid), 0);
  return kb === 0 ? null : kb;
}
