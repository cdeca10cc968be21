/** Who runs a handler: our image as a process and in a virtual machine, and the runtimes it was written for. */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { versions } from '@diatom/cli/version.ts';
import { build } from '@diatom/seal';
import { createImageStore, writeRunSpec } from '@diatom/tender';
import { probeHvt } from '@diatom/tender/process/probe.ts';
import { checkout, installPackages } from '@diatom/test/tools/npm';
import { rolldown } from 'rolldown';
import { fromNpm, peerVersions, workerdConfig } from '../subjects/peers.ts';
import type { Prepared, Subject } from '../subjects/subject.ts';
import { benchTender, slotFor } from '../vm/subjects/image.ts';
import type { EdgeCase } from './cases.ts';

export type PreparedEdge = (Extract<Prepared, { kind: 'ready' }> & EdgeFiles) | Extract<Prepared, { kind: 'skipped' }>;

export interface EdgeFiles {
  /** What is read at a start: evicted from the page cache for a start that finds nothing there. */
  readonly files: readonly string[];
  /** What has to be shipped. */
  readonly imageBytes: number;
}

export interface EdgeSubject extends Omit<Subject, 'prepare'> {
  prepare(directory: string, one: EdgeCase): Promise<PreparedEdge>;
}

const diatom = (target: 'process' | 'hvt'): EdgeSubject => ({
  name: `diatom-${target}`,
  prepare: async (directory, { file }) => {
    await mkdir(directory, { recursive: true });
    const binaryPath = await benchTender();
    const missing = target === 'hvt' ? await probeHvt(binaryPath) : undefined;
    if (missing !== undefined) return { kind: 'skipped', why: missing };
    const { manifest, layers } = await build({ file, targets: [target] });
    const store = createImageStore(join(directory, 'images'));
    const stored = await store.put(`bench-${target}`, manifest, layers);
    const layer = stored.manifest.layers.find(({ role }) => role === target);
    if (layer === undefined) throw new Error(`the image has no executable for ${target}`);
    const imagePath = store.blobPath(layer.digest);
    const image = { manifest: stored.manifest, imagePath, imageBytes: layer.sizeBytes };
    return {
      kind: 'ready',
      version: versions().diatom,
      files: [binaryPath, imagePath],
      imageBytes: image.imageBytes,
      command: async (hostPort) => {
        const path = join(directory, `spec-${hostPort}`);
        const logPath = join(directory, 'console.log');
        const slot = { id: `bench-${hostPort}`, target, boot: 'eager', logPath, hostPort } as const;
        await writeRunSpec(slotFor(image, slot), path);
        return { program: binaryPath, words: ['run', path] };
      },
    };
  },
});

const nodeServer = '@hono/node-server@2.1.8';

const node: EdgeSubject = {
  name: 'node',
  prepare: async (directory, one) => {
    const adapter = join(checkout, '.cache/peers', nodeServer.replaceAll('/', '+'));
    const module = join(adapter, 'node_modules/@hono/node-server/dist/index.mjs');
    const isThere = await stat(module).then(
      () => true,
      () => false,
    );
    try {
      if (!isThere) await installPackages(adapter, [nodeServer]);
    } catch (error) {
      return { kind: 'skipped', why: error instanceof Error ? error.message : String(error) };
    }
    await place(directory, 'handler.mjs', await joined(one));
    const file = await place(
      directory,
      'server.mjs',
      `import { serve } from ${JSON.stringify(module)};
import application from './handler.mjs';
serve({ fetch: application.fetch, port: Number(process.argv[2]), hostname: '127.0.0.1' });
`,
    );
    return await ready(process.execPath, file, process.versions.node, (port) => [file, String(port)]);
  },
};

const bun: EdgeSubject = {
  name: 'bun',
  prepare: (directory, one) =>
    peer('@oven/bun-linux-x64', peerVersions.bun, 'bin/bun', async (program) => {
      await place(directory, 'handler.mjs', await joined(one));
      const file = await place(
        directory,
        'server.js',
        `import application from './handler.mjs';
Bun.serve({ port: Number(process.argv[2]), hostname: '127.0.0.1', fetch: (request) => application.fetch(request) });
`,
      );
      return await ready(program, file, peerVersions.bun, (port) => [file, String(port)]);
    }),
};

const deno: EdgeSubject = {
  name: 'deno',
  prepare: (directory, one) =>
    peer('@deno/linux-x64-glibc', peerVersions.deno, 'deno', async (program) => {
      const file = await place(directory, 'handler.mjs', await joined(one));
      const words = (port: number) => ['serve', '--port', String(port), '--host', '127.0.0.1', file];
      return await ready(program, file, peerVersions.deno, words, { DENO_DIR: directory, DENO_NO_UPDATE_CHECK: '1' });
    }),
};

const workerd: EdgeSubject = {
  name: 'workerd',
  prepare: (directory, one) =>
    peer('@cloudflare/workerd-linux-64', peerVersions.workerd, 'bin/workerd', async (program) => {
      const file = await place(directory, 'worker.js', await joined(one));
      const prepared = await ready(program, file, peerVersions.workerd, () => []);
      if (prepared.kind === 'skipped') return prepared;
      return {
        ...prepared,
        command: async (port) => ({
          program,
          words: ['serve', await place(directory, `config-${port}.capnp`, workerdConfig(port))],
        }),
      };
    }),
};

export const edgeSubjects: readonly EdgeSubject[] = [diatom('process'), diatom('hvt'), node, bun, deno, workerd];

async function ready(
  program: string,
  file: string,
  version: string,
  words: (port: number) => readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<PreparedEdge> {
  const sizes = await Promise.all([program, file].map(async (path) => (await stat(path)).size));
  return {
    kind: 'ready',
    version,
    files: [program, file],
    imageBytes: sizes.reduce((sum, size) => sum + size, 0),
    command: async (port) => ({ program, words: words(port), environment }),
  };
}

async function peer(
  name: string,
  version: string,
  executable: string,
  prepare: (program: string) => Promise<PreparedEdge>,
): Promise<PreparedEdge> {
  let prepared: PreparedEdge | undefined;
  const found = await fromNpm(`${name}@${version}`, `${name}/${executable}`, async (program) => {
    prepared = await prepare(program);
    return prepared;
  });
  return prepared ?? { kind: 'skipped', why: found.kind === 'skipped' ? found.why : 'it was not prepared' };
}

/** The handler with its packages as one module, as for our image: the same code for everybody. */
async function joined({ file }: EdgeCase): Promise<string> {
  await using bundle = await rolldown({
    input: file,
    platform: 'browser',
    resolve: { conditionNames: ['workerd', 'worker', 'browser', 'import', 'module', 'default'] },
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  });
  const { output } = await bundle.generate({ format: 'es', codeSplitting: false });
  return output[0].code;
}

async function place(directory: string, name: string, text: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}
