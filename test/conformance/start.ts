/** Makes a `StartApplication` of any tender: builds the application, writes its layer, starts it on a free port. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type LayerRole, layerMediaTypes, type Manifest, type ManifestLayer } from '@diatom/libos';
import type { Exit, SlotSpec, Tender } from '@diatom/tender';
import type { RunningApplication, StartApplication } from './application.ts';

export interface BuiltApplication {
  readonly manifest: Omit<Manifest, 'layers'>;
  /** All layers the target has; `runs` names the one the tender is given. */
  readonly layers: Partial<Readonly<Record<LayerRole, Uint8Array>>>;
  readonly runs: LayerRole;
}

export interface Target {
  /** A tender for one application; closed with it. */
  readonly openTender: () => Promise<Tender>;
  readonly build: (file: string) => Promise<BuiltApplication>;
}

const applications = join(dirname(createRequire(import.meta.url).resolve('@diatom/libos/abi')), 'guest', 'test-apps');

export function startOn(target: Target): StartApplication {
  const builds = new Map<string, Promise<BuiltApplication>>();
  return async (application, options = {}) => {
    const build = builds.get(application) ?? target.build(resolve(applications, application));
    builds.set(application, build);
    const built = await build;
    const directory = await mkdtemp(join(tmpdir(), 'diatom-conformance-'));
    const logPath = join(directory, 'console.log');
    const layers = await writeLayers(directory, built);
    const manifest: Manifest = { ...built.manifest, layers };
    const imagePath = join(directory, layers.find(({ role }) => role === built.runs)?.digest.slice(7) ?? '');
    const ports = await Promise.all(manifest.ports.map(async ({ port }) => ({ port, hostPort: await freePort() })));
    const tender = await target.openTender();
    const ended = Promise.withResolvers<Exit>();
    tender.onEvent(({ state }) => {
      if (state.kind === 'ended') ended.resolve(state.exit);
    });
    const spec: SlotSpec = {
      id: 'conformance',
      manifest,
      target: 'process',
      imagePath,
      listen: ports.map(({ port, hostPort }) => ({ port, address: '127.0.0.1', hostPort })),
      environment: options.environment ?? {},
      memoryLimitBytes: 64 * 1024 * 1024,
      boot: options.idleTimeoutMs === undefined ? 'eager' : 'lazy',
      idleTimeoutMs: options.idleTimeoutMs ?? 0,
      timeLimitMs: 0,
      logPath,
    };
    const running: RunningApplication = {
      address: { host: '127.0.0.1', port: ports[0]?.hostPort ?? 0 },
      exit: ended.promise,
      console: async () => consoleLines(await readFile(logPath, 'utf8').catch(() => '')),
      [Symbol.asyncDispose]: async () => {
        await tender.stop(spec.id, 0);
        await tender.close();
        await rm(directory, { recursive: true, force: true });
      },
    };
    await tender.start(spec);
    return running;
  };
}

/** Lines of stdout (the tender's own words are on stderr); partial records, marked P, belong to the line that follows. */
function consoleLines(log: string): readonly string[] {
  const lines: string[] = [];
  let begun = '';
  for (const record of log.split('\n').slice(0, -1)) {
    const [, mark, text = ''] = /^\S+ stdout ([FP]) (.*)$/.exec(record) ?? [];
    if (mark === undefined) continue;
    begun += text;
    if (mark === 'P') continue;
    lines.push(begun);
    begun = '';
  }
  return lines;
}

/** Layers lie beside each other under their digests, as in an image store. */
async function writeLayers(directory: string, { layers }: BuiltApplication): Promise<readonly ManifestLayer[]> {
  const roles = Object.keys(layerMediaTypes) as LayerRole[];
  const written = roles.map(async (role): Promise<ManifestLayer[]> => {
    const bytes = layers[role];
    if (bytes === undefined) return [];
    const hex = createHash('sha256').update(bytes).digest('hex');
    await writeFile(join(directory, hex), bytes);
    return [{ role, digest: `sha256:${hex}`, sizeBytes: bytes.length }];
  });
  return (await Promise.all(written)).flat();
}

/** Free now; the kernel hands ports out in turn, so it stays free for the moment until it is used. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
