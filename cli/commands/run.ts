import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageStore, SlotSpec, SlotState, StoredImage } from '@diatom/tender';
import type { Command } from '../command.ts';
import { CommandError, exitStatus } from '../failure.ts';
import { type Home, homeOf } from '../home.ts';
import { buildImage } from '../image-build.ts';
import { findImage, openImageStore } from '../image-store.ts';
import { followConsole } from '../run/console-follower.ts';
import { parseTarget, slotSpec, type Target } from '../run/slot.ts';
import { openTender } from '../run/tender.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { formatMs } from '../terminal/units.ts';

const stopGraceMs = 5_000;

export const run: Command = {
  name: 'run',
  does: 'Run an image, or a source file, in the foreground',
  operands: [{ name: 'IMAGE|FILE' }],
  options: [
    {
      name: 'publish',
      short: 'p',
      value: 'HOSTPORT:PORT',
      isRepeatable: true,
      does: 'Open this port of the image there (default: all as they are)',
    },
    { name: 'env', short: 'e', value: 'NAME=VALUE', isRepeatable: true, does: 'Set a variable of its environment' },
    { name: 'memory', value: 'BYTES', does: 'At most this much memory, like 16Mi (default: what the image declares)' },
    { name: 'idle', value: 'TIME', does: 'Boot on the first connection, sleep after this long without one' },
    { name: 'target', value: 'NAME', does: 'process: sealed, native (default). node: the WebAssembly in V8' },
    { name: 'json', does: 'Print one line of JSON per event, console lines too' },
  ],
  notes: [
    'Ports are opened on 127.0.0.1. What the image writes to its console goes to stdout. The exit status is that of the ' +
      'image, and 0 when Ctrl-C stopped it.',
  ],
  examples: ['diatom run hello', 'diatom run examples/hello/hello.ts -p 8000:8080 --idle 5s'],
  run: async ({ operands: [operand = ''], options, terminal, environment, signal }) => {
    const home = homeOf(environment);
    const store = openImageStore(home);
    const target = parseTarget(options.text('target') ?? 'process');
    const image = await imageOf(operand, store, terminal);
    const layer = image.manifest.layers.find(({ role }) => role === (target === 'process' ? 'process' : 'wasm'));
    if (layer === undefined) throw new CommandError(`${image.reference} has no layer for the target ${target}`);
    const directory = await mkdtemp(join(tmpdir(), 'diatom-run-'));
    try {
      const logPath = join(directory, 'console.log');
      const imagePath = store.blobPath(layer.digest);
      const spec = slotSpec(options, { manifest: image.manifest, imagePath, logPath });
      const report = createReport(terminal, image.reference, options.has('json'));
      return await runSlot({ spec, target, home, directory, report, terminal, signal });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  },
};

async function imageOf(operand: string, store: ImageStore, terminal: Terminal): Promise<StoredImage> {
  const isFile = await stat(operand).then(
    (found) => found.isFile(),
    () => operand.endsWith('.ts'),
  );
  if (!isFile) return await findImage(store, operand);
  const { image, timings } = await buildImage(store, operand, undefined);
  terminal.note(`Built ${image.reference} in ${formatMs(timings.totalMs)}.`);
  return image;
}

interface Report {
  console(text: string): void;
  listening(listen: SlotSpec['listen']): void;
  state(state: SlotState): void;
}

interface SlotRun {
  readonly spec: SlotSpec;
  readonly target: Target;
  readonly home: Home;
  readonly directory: string;
  readonly report: Report;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
}

async function runSlot({ spec, target, home, directory, report, terminal, signal }: SlotRun): Promise<number> {
  const tender = await openTender(target, home, directory, (text) => terminal.note(text));
  const follower = followConsole(spec.logPath, (text) => report.console(text));
  const isFinal = (state: SlotState): boolean => state.kind === 'ended';
  try {
    const ended = Promise.withResolvers<SlotState>();
    tender.onEvent(({ id, state }) => {
      if (id !== spec.id) return;
      if (isFinal(state)) ended.resolve(state);
      else report.state(state);
    });
    const first = await tender.start(spec);
    report.listening(spec.listen);
    if (isFinal(first)) ended.resolve(first);
    const interrupted = new Promise<undefined>((resolve) => {
      if (signal.aborted) resolve(undefined);
      signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    const last = await Promise.race([ended.promise, interrupted]);
    if (last === undefined) {
      await tender.stop(spec.id, stopGraceMs);
      await follower.end();
      return exitStatus.success;
    }
    await follower.end();
    report.state(last);
    return last.kind === 'ended' ? last.exit.code : exitStatus.success;
  } finally {
    await follower.end();
    await tender.close();
  }
}

function createReport(terminal: Terminal, name: string, isJson: boolean): Report {
  if (isJson) {
    return {
      console: (text) => {
        for (const line of text.replace(/\n$/, '').split('\n')) terminal.printJson({ event: 'console', line });
      },
      listening: (listen) => terminal.printJson({ event: 'listening', listen }),
      state: (state) => {
        const { kind, ...rest } = state;
        terminal.printJson({ event: kind, ...rest });
      },
    };
  }
  return {
    console: (text) => terminal.write(text),
    listening: (listen) => {
      for (const { port, address, hostPort } of listen) {
        terminal.note(
          `${name} listens on http://${address}:${hostPort}${port === hostPort ? '' : ` (its port ${port})`}`,
        );
      }
    },
    state: (state) => {
      if (state.kind === 'asleep') terminal.note(`${name} sleeps; the next connection boots it.`);
      if (state.kind === 'running' && state.bootCount > 1) terminal.note(`${name} is awake (boot ${state.bootCount}).`);
      if (state.kind !== 'ended') return;
      const { code, reason, message } = state.exit;
      if (reason !== 'Completed') {
        terminal.note(`${terminal.noteStyle('red', `${name} ended`)}: ${message} (${reason}, exit status ${code})`);
      }
    },
  };
}
