/** Runs an application of libos/guest/test-apps, outgoing.ts, on each target, with an egress of its own, and peers for it to talk to. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { type Credentials, issue } from '@diatom/kernel/certificates';
import type { LayerRole, Manifest } from '@diatom/libos';
import { build } from '@diatom/seal';
import {
  connectProcessTender,
  createNodeTender,
  type DialerOptions,
  type Egress,
  type Exit,
  type SlotSpec,
  type SlotState,
  startEgress,
  type Tender,
} from '@diatom/tender';
import { nativeTenderPath } from '../hostile/native-tender.ts';

export type EgressTarget = 'node' | 'process' | 'hvt';

const applications = join(dirname(createRequire(import.meta.url).resolve('@diatom/libos/abi')), 'guest', 'test-apps');
const memoryLimitBytes = 64 * 1024 * 1024;
/** Longer than any test here needs. */
const timeLimitMs = 20_000;

export interface RunOptions {
  /** The manifest's list. */
  readonly connect: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly spec?: Partial<SlotSpec>;
}

export interface Run {
  readonly exit: Exit;
  /** What the program has said. */
  readonly console: readonly string[];
  /** What was said about it. */
  readonly complaints: readonly string[];
}

export interface EgressRig extends AsyncDisposable {
  readonly tender: Tender;
  readonly egress: Egress | undefined;
  readonly directory: string;
  specOf(options: RunOptions): Promise<SlotSpec>;
  start(
    options: RunOptions,
  ): Promise<{ readonly state: SlotState; readonly spec: SlotSpec; readonly run: Promise<Run> }>;
  /** To its end. */
  run(options: RunOptions): Promise<Run>;
  log(spec: SlotSpec): Promise<string>;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Lines by stream; the node target has one stream, where complaints begin with these words. */
const linesOf = (log: string): Pick<Run, 'console' | 'complaints'> => {
  const lines = log
    .split('\n')
    .flatMap((line) => (/^\S+ (stdout|stderr) F (.*)$/.exec(line) ?? [])[2] ?? [])
    .filter((line) => line !== '');
  const isComplaint = (line: string): boolean => /^no (outgoing )?connection/.test(line);
  return { console: lines.filter((line) => !isComplaint(line)), complaints: lines.filter(isComplaint) };
};

/** `others`: a tender and an egress that are there already, and stay. */
export const startRig = async (
  target: EgressTarget,
  { application = 'outgoing.ts', ...options }: DialerOptions & { readonly application?: string } = {},
  ...others: readonly [] | readonly [Tender, Egress]
): Promise<EgressRig> => {
  const [otherTender, otherEgress] = others;
  const directory = await mkdtemp(join(tmpdir(), 'diatom-egress-'));
  const { manifest, layers } = await build({
    file: join(applications, application),
    ...(target === 'node' ? {} : { targets: [target] }),
  });
  const role: LayerRole = target === 'node' ? 'wasm' : target;
  const bytes = layers[role] ?? new Uint8Array();
  const imagePath = join(directory, sha256(bytes));
  await writeFile(imagePath, bytes);
  const egress =
    target === 'node'
      ? undefined
      : (otherEgress ?? (await startEgress({ ...options, socketPath: join(directory, 'egress.sock') })));
  const tender =
    target === 'node'
      ? createNodeTender({ egress: options })
      : (otherTender ??
        (await connectProcessTender({
          binaryPath: await nativeTenderPath(),
          socketPath: join(directory, 'tender.sock'),
          clientGraceMs: 2000,
        })));
  let runs = 0;

  const specOf: EgressRig['specOf'] = async ({ connect, environment, spec }) => {
    runs += 1;
    const own: Manifest = {
      ...manifest,
      connect,
      layers: [{ role, digest: `sha256:${sha256(bytes)}`, sizeBytes: bytes.length }],
    };
    return {
      id: `run-${runs}`,
      manifest: own,
      target: target === 'hvt' ? 'hvt' : 'process',
      imagePath,
      listen: [],
      environment,
      memoryLimitBytes,
      boot: 'eager',
      idleTimeoutMs: 0,
      timeLimitMs,
      logPath: join(directory, `run-${runs}.log`),
      ...(egress === undefined ? {} : { egress: { socketPath: egress.socketPath, scope: '' } }),
      ...spec,
    };
  };

  const log = ({ logPath }: SlotSpec): Promise<string> => readFile(logPath, 'utf8').catch(() => '');

  const start: EgressRig['start'] = async (asked) => {
    const spec = await specOf(asked);
    const ended = Promise.withResolvers<Exit>();
    tender.onEvent(({ id, state }) => {
      if (id === spec.id && state.kind === 'ended') ended.resolve(state.exit);
    });
    const state = await tender.start(spec);
    const run = async (): Promise<Run> => {
      const exit = await ended.promise;
      await tender.stop(spec.id, 0);
      return { exit, ...linesOf(await log(spec)) };
    };
    return { state, spec, run: run() };
  };

  return {
    tender,
    egress,
    directory,
    specOf,
    start,
    log,
    run: async (asked) => (await start(asked)).run,
    [Symbol.asyncDispose]: async () => {
      if (otherTender === undefined) await tender.close();
      if (otherEgress === undefined) await egress?.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
};

export interface Peer extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  readonly sockets: ReadonlySet<Socket>;
}

const peerOf = async (server: Server, sockets: Set<Socket>): Promise<Peer> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `127.0.0.1:${port}`,
    sockets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      // Not waited for: Node counts a TLS client that broke off as a connection for ever.
      server.close();
    },
  };
};

/** Serves each connection by `serve`. */
export const startPeer = (serve: (socket: Socket) => void): Promise<Peer> => {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    serve(socket);
  });
  return peerOf(server, sockets);
};

/** Says what it was told, and ends after its client has. */
export const echo = (socket: Socket): void => {
  socket.pipe(socket);
};

const validity = { notBefore: new Date(Date.now() - 60_000), notAfter: new Date(Date.now() + 3_600_000) };

export const newAuthority = (): Credentials =>
  issue({ subject: { commonName: 'authority of a test' }, usage: 'authority', ...validity });

/** A TLS peer that echoes; `names` are what its certificate says. */
export const startTlsPeer = (authority: Credentials, names: readonly string[]): Promise<Peer> => {
  const { certificate, key } = issue(
    { subject: { commonName: 'peer of a test' }, usage: 'server', alternativeNames: names, ...validity },
    authority,
  );
  const sockets = new Set<Socket>();
  const server = createTlsServer({ cert: certificate, key, allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    echo(socket);
  });
  return peerOf(server, sockets);
};
