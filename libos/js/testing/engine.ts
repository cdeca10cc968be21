/**
 * quickjs-ng as its npm package has it, run by Node, with all modules of `libos/js` in it: the engine of an image
 * without the image. Its host is Node's; texts cross as JSON, as the package passes C strings, which end at a NUL.
 */

import { randomFillSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import variant from '@jitl/quickjs-ng-wasmfile-release-sync';
import { newQuickJSWASMModuleFromVariant, type QuickJSContext, type QuickJSHandle } from 'quickjs-emscripten-core';
import { rolldown } from 'rolldown';
import { createCompute } from '../../compute-in-v8.ts';
import { globals, links } from '../table.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One script with every module, which puts the globals in place and leaves `__runCase` and `__runTimer`. */
async function bundleAll(): Promise<string> {
  const at = (path: string): string => JSON.stringify(`${root}${path.replace('./', '')}`);
  const entry = [
    `import { setHost } from ${at('./host.ts')};`,
    `import { runTimer } from ${at('./timers/timers.ts')};`,
    `import { putGlobal } from ${at('./globals/provide.ts')};`,
    `import { runCase } from ${at('./testing/show.ts')};`,
    'setHost({',
    '  consoleWrite: (line, stream) => __host.write(line, stream),',
    '  monotonicMs: () => __host.monotonic(),',
    '  wallMs: () => __host.wall(),',
    '  fillRandom: (bytes) => bytes.set(new Uint8Array(__host.random(bytes.length))),',
    '  encodeUtf8: (text) => new Uint8Array(__host.encode(JSON.stringify(text))),',
    '  decodeUtf8: (bytes) => JSON.parse(__host.decode(bytes.slice().buffer)),',
    '  wakeAt: (deadline) => __host.wakeAt(deadline),',
    '  compute: (...operands) => __host.compute(...operands),',
    '});',
    ...new Set(Object.values(links).flat()).values().map((path) => `import ${at(path)};`),
    ...Object.entries(globals).flatMap(([name, { module, export: exported }]) => [
      `import { ${exported} as ${name}_ } from ${at(module)};`,
      `putGlobal('${name}', ${name}_);`,
    ]),
    'globalThis.__runTimer = runTimer;',
    'globalThis.__start = (code) => { globalThis.__answer = undefined; runCase(code, {}).then((answer) => { globalThis.__answer = answer; }); };',
  ].join('\n');
  await using build = await rolldown({
    input: 'test:entry',
    cwd: root,
    platform: 'browser',
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'test:entry' ? { id, moduleSideEffects: true } : null),
        load: (id) => (id === 'test:entry' ? entry : null),
      },
    ],
  });
  const { output } = await build.generate({ format: 'iife', codeSplitting: false });
  return output[0].code;
}

export interface Engine {
  /** The answer of one case, as `runCase` of show.ts gives it. */
  run(code: string): Promise<string>;
  readonly consoleLines: readonly string[];
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function installHost(context: QuickJSContext, consoleLines: string[], wakeAt: (deadlineMs: number) => void): void {
  const buffer = (bytes: Uint8Array): QuickJSHandle => context.newArrayBuffer(bytes.slice().buffer);
  const compute = createCompute();
  const operandOf = (handle: QuickJSHandle): ArrayBuffer | number => {
    if (context.typeof(handle) === 'number') return context.getNumber(handle);
    using held = context.getArrayBuffer(handle);
    return held.value.slice().buffer;
  };
  const functions: Readonly<Record<string, (...values: QuickJSHandle[]) => QuickJSHandle | undefined>> = {
    write: (line) => {
      consoleLines.push(context.getString(line as QuickJSHandle));
      return undefined;
    },
    monotonic: () => context.newNumber(performance.now()),
    wall: () => context.newNumber(Date.now()),
    random: (size) => buffer(randomFillSync(new Uint8Array(context.getNumber(size as QuickJSHandle)))),
    encode: (text) => buffer(new TextEncoder().encode(JSON.parse(context.getString(text as QuickJSHandle)) as string)),
    decode: (bytes) => {
      using held = context.getArrayBuffer(bytes as QuickJSHandle);
      return context.newString(JSON.stringify(decoder.decode(held.value)));
    },
    compute: (...handles) => {
      const outcome = compute(...(handles.map(operandOf) as [number, ...(ArrayBuffer | number)[]]));
      if (typeof outcome === 'object') return buffer(new Uint8Array(outcome));
      return outcome === true ? context.true : context.false;
    },
    wakeAt: (deadline) => {
      wakeAt(context.getNumber(deadline as QuickJSHandle));
      return undefined;
    },
  };
  const host = context.newObject();
  for (const [name, call] of Object.entries(functions)) context.setProp(host, name, context.newFunction(name, call));
  context.setProp(context.global, '__host', host);
}

export async function startEngine(): Promise<Engine> {
  const quickjs = await newQuickJSWASMModuleFromVariant(variant);
  const context = quickjs.newContext();
  context.runtime.setMaxStackSize(256 * 1024);
  const consoleLines: string[] = [];
  let wakeMs = Number.POSITIVE_INFINITY;
  installHost(context, consoleLines, (deadlineMs) => {
    wakeMs = deadlineMs;
  });
  const evaluate = (code: string): unknown => {
    const result = context.evalCode(code, 'case.js');
    if (result.error !== undefined) {
      const reason: unknown = context.dump(result.error);
      result.error.dispose();
      throw new Error(`the engine threw ${JSON.stringify(reason)}`);
    }
    const value: unknown = context.dump(result.value);
    result.value.dispose();
    return value;
  };
  const runJobs = (): void => {
    while (context.runtime.hasPendingJob()) context.runtime.executePendingJobs().dispose();
  };
  evaluate(await bundleAll());
  runJobs();
  return {
    consoleLines,
    async run(code) {
      evaluate(`__start(${JSON.stringify(code)})`);
      const limitMs = performance.now() + 5_000;
      for (;;) {
        runJobs();
        const answer = evaluate('__answer');
        if (typeof answer === 'string') return answer;
        if (wakeMs === Number.POSITIVE_INFINITY || performance.now() > limitMs) return 'never settles';
        // Timers are the only thing left that can go on.
        const waitMs = Math.max(0, wakeMs - performance.now());
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        while (evaluate('__runTimer()') === true) runJobs();
      }
    },
  };
}
