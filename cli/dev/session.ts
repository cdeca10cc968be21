/** `diatom dev`: builds, runs, watches, builds again. The process with the program outlives its restarts where it can. */
import { relative } from 'node:path';
import { BuildError } from '@diatom/seal';
import { type Bundle, bundle } from '@diatom/seal/bundle/bundle.ts';
import { PlaceFinder } from '@diatom/seal/bundle/source-map.ts';
import { javaScriptDefaults } from '@diatom/seal/program/javascript.ts';
import { readProject } from '@diatom/seal/project.ts';
import { debuggable } from './debuggable.ts';
import type { AnsweredRequest, FromRunner, Program } from './messages.ts';
import { type RunnerProcess, startRunner } from './runner-process.ts';
import { createWatcher } from './watcher.ts';

export interface SessionOptions {
  /** Absolute. */
  readonly file: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly inspectPort: number | undefined;
  readonly report: SessionReport;
}

export interface SessionReport {
  listening(url: string): void;
  inspector(url: string): void;
  console(text: string): void;
  request(request: AnsweredRequest): void;
  /** From the change on the disk to the first request the new program would get. */
  restarted(restartMs: number): void;
  /** The program before, if there is one, goes on. */
  failed(why: string): void;
}

type Limits = Pick<Program, 'bodyBytes' | 'streamBytes' | 'connect'>;

/** A program that has not given way for so long loops: its process is ended. A debugger may hold it for longer. */
const patienceMs = 1_000;

/** Until the signal. Rejects when the port cannot be had. */
export async function runSession(options: SessionOptions, signal: AbortSignal): Promise<void> {
  const { file, environment, inspectPort, report } = options;
  const over = Promise.withResolvers<void>();
  let port = options.port;
  let runner: RunnerProcess | undefined;
  let generation = 0;
  let joined: Bundle | undefined;
  let loadedCode = '';
  let changedAtMs = 0;
  let impatience: NodeJS.Timeout | undefined;
  let isFirst = true;

  const onAnswerToLoad = (message: Extract<FromRunner, { kind: 'loaded' | 'load-failed' }>): void => {
    if (message.generation !== generation) return;
    clearTimeout(impatience);
    if (message.kind === 'load-failed') {
      loadedCode = '';
      report.failed(withPlaces(message.error, joined));
    } else if (generation > 1) report.restarted(performance.now() - changedAtMs);
  };

  const onMessage = (message: FromRunner): void => {
    switch (message.kind) {
      case 'listening':
        port = message.port;
        if (isFirst) report.listening(`http://127.0.0.1:${port}`);
        isFirst = false;
        break;
      case 'listen-failed':
        over.reject(new Error(`port ${port}: ${message.why}`));
        break;
      case 'console':
        report.console(message.text);
        break;
      case 'request':
        report.request(message.request);
        break;
      case 'loaded':
      case 'load-failed':
        onAnswerToLoad(message);
        break;
    }
  };

  const start = (): RunnerProcess => {
    const started = startRunner({
      inspectPort,
      onMessage,
      onInspector: report.inspector,
      onExit: (how) => {
        clearTimeout(impatience);
        runner = undefined;
        loadedCode = '';
        report.failed(`the program ended with ${how}; it is started again when a file changes`);
      },
    });
    started.send({ kind: 'listen', port });
    return started;
  };

  const load = async (made: Bundle, limits: Limits): Promise<void> => {
    joined = made;
    loadedCode = made.code;
    generation += 1;
    runner ??= start();
    const code = await debuggable(made);
    const message = { kind: 'load', generation, program: { code, environment, ...limits } } as const;
    runner.send(message);
    if (inspectPort !== undefined) return;
    clearTimeout(impatience);
    impatience = setTimeout(() => {
      const looping = runner;
      runner = undefined;
      void looping?.end().then(() => {
        runner = start();
        runner.send(message);
      });
    }, patienceMs);
  };

  const build = async (): Promise<void> => {
    try {
      const { allowsEval, bodyBytes, streamBytes, connect } = await readProject(file, javaScriptDefaults);
      const made = await bundle(file, { allowsEval, isForDebugger: inspectPort !== undefined });
      watcher.watch(made.sources);
      // What was saved as it was needs no new instance.
      if (made.code !== loadedCode) await load(made, { bodyBytes, streamBytes, connect });
    } catch (error) {
      if (!(error instanceof BuildError)) throw error;
      report.failed(error.message);
    }
  };

  /** One build at a time; what changes under way is built afterwards. */
  let building: Promise<void> | undefined;
  let isStale = false;
  const rebuild = (): void => {
    if (building !== undefined) {
      isStale = true;
      return;
    }
    changedAtMs = performance.now();
    building = build()
      .catch(over.reject)
      .finally(() => {
        building = undefined;
        if (!isStale) return;
        isStale = false;
        rebuild();
      });
  };

  const watcher = createWatcher(rebuild);
  watcher.watch([file]);
  signal.addEventListener('abort', () => over.resolve(), { once: true });
  if (signal.aborted) over.resolve();
  try {
    rebuild();
    await over.promise;
  } finally {
    watcher.close();
    clearTimeout(impatience);
    await building;
    await runner?.end();
  }
}

/** Places of the joined module → places of the program's files; the frames below are ours. */
function withPlaces(stack: string, joined: Bundle | undefined): string {
  if (joined === undefined) return stack;
  const finder = new PlaceFinder(joined.map);
  const lines = stack.split('\n');
  const below = lines.findIndex((line) => /^\s+at .*node:internal\/vm/.test(line));
  return lines
    .slice(0, below < 0 ? lines.length : below)
    .join('\n')
    .replace(/\bapp\.js:(\d+)(?::(\d+))?/g, (whole, line: string, column: string | undefined) => {
      const place = finder.find(Number(line), Number(column ?? 1));
      return place === undefined ? whole : `${relative(joined.directory, place.file)}:${place.line}`;
    });
}
