/**
 * A cell in this process: the kernel and every server in a worker thread of its own, the supervisor in this one. Nothing
 * of a cell is decided here; this is the wiring.
 */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { apiServiceAddress, podCidr, serviceCidr } from '@diatom/servers/addresses/address-pool.ts';
import type { AgentSettings, TenderChoice } from '@diatom/servers/agent/settings.ts';
import type { GatewaySettings } from '@diatom/servers/gateway/settings.ts';
import type { NamespacesSettings } from '@diatom/servers/namespaces/settings.ts';
import type { PolicyRule } from '@diatom/servers/server.ts';
import { type ServerWorkerData, Supervisor, serverWorkerEntry } from '@diatom/servers/supervisor/index.ts';
import { takeAddressRange } from './address-range.ts';
import { makeDataDirectory } from './data-directory.ts';
import { freePort, preferredPort } from './free-port.ts';
import type { KernelInfo, KernelWorkerData } from './kernel-worker.ts';
import { recall, remember } from './memory.ts';
import type { Cell, CellOptions } from './options.ts';
import { runtimeClasses } from './runtime-classes.ts';
import { kernelLimits, serverLimits, serverTable } from './server-table.ts';
import { tenderSocketPath } from './socket-path.ts';

export type { Cell, CellOptions } from './options.ts';

const kernelName = 'kernel';
const kernelWorkerEntry = new URL('./kernel-worker.ts', import.meta.url);
/** A server that ends this often before it was ever ready will not get ready by being started once more. */
const mostFailedStarts = 6;

/** Resolves when the kernel answers and every server is ready; rejects, and leaves nothing behind, when that fails. */
export async function startCell(options: CellOptions): Promise<Cell> {
  const startedAt = performance.now();
  const { host = '127.0.0.1' } = options;
  const dataDirectory = resolve(options.dataDirectory);
  const log = options.log ?? (() => {});
  makeDataDirectory(dataDirectory);

  const memory = recall(dataDirectory);
  const nodeName = options.nodeName ?? memory.nodeName ?? machineName();
  const isAsked = options.port !== undefined && options.port !== 0;
  const port = await (isAsked ? freePort(host, options.port ?? 0) : preferredPort(host, memory.port));
  const addresses = await takeAddressRange(memory.addressRange);
  const { range } = addresses;

  const supervisor = new Supervisor({ log });
  const servers = serverTable.map(({ name }) => name);
  /** Servers whose threads live, and the rules they declared: each gets a fresh way to every fresh kernel. */
  const declared = new Map<string, readonly PolicyRule[]>();
  const kernelReady = Promise.withResolvers<KernelInfo>();
  const allReady = Promise.withResolvers<void>();
  // Awaited only after the kernel is up; a failure before that must not count as unhandled.
  allReady.promise.catch(() => {});
  const unready = new Set(servers);
  const failedStarts = new Map<string, number>();
  let isKernelUp = false;

  const connect = (name: string, rules: readonly PolicyRule[]): void => {
    if (!isKernelUp) return;
    const { port1, port2 } = new MessageChannel();
    supervisor.send(kernelName, { kind: 'attach', server: name, rules, port: port1 });
    supervisor.send(name, { kind: 'connect', port: port2 });
  };

  const kernelData: KernelWorkerData = {
    dataDirectory,
    host,
    port,
    serviceBlock: serviceCidr(range),
    names: [apiServiceAddress(range), 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc'],
    runtimeClasses: runtimeClasses(options.tender),
    ...(options.audit === undefined ? {} : { audit: options.audit }),
  };
  supervisor.start({
    name: kernelName,
    entry: kernelWorkerEntry,
    data: kernelData,
    resourceLimits: kernelLimits,
    onReady: (info) => {
      isKernelUp = true;
      for (const [name, rules] of declared) connect(name, rules);
      kernelReady.resolve(info as KernelInfo);
    },
    onEnd: (why) => {
      isKernelUp = false;
      kernelReady.reject(new Error(`the kernel did not start: ${why}`));
    },
  });
  const settings = settingsOf({ dataDirectory, range, nodeName, options });
  for (const { name, module } of serverTable) {
    const data: ServerWorkerData = { name, module: import.meta.resolve(module), settings: settings(name) };
    supervisor.start({
      name,
      entry: serverWorkerEntry,
      data,
      resourceLimits: serverLimits,
      onDeclared: (rules) => {
        declared.set(name, rules);
        connect(name, rules);
      },
      onReady: () => {
        unready.delete(name);
        if (unready.size === 0) allReady.resolve();
      },
      onEnd: (why) => {
        declared.delete(name);
        if (!unready.has(name)) return;
        const failures = (failedStarts.get(name) ?? 0) + 1;
        failedStarts.set(name, failures);
        if (failures >= mostFailedStarts) allReady.reject(new Error(`the server ${name} does not start: ${why}`));
      },
    });
  }

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= (async () => {
      await supervisor.stop(servers);
      await supervisor.stop([kernelName]);
      await addresses.release();
    })();
    return closing;
  };

  try {
    const { url, kubeconfigPath } = await kernelReady.promise;
    await allReady.promise;
    remember(dataDirectory, { port, addressRange: range, nodeName });
    return {
      address: url,
      kubeconfigPath,
      readyMs: performance.now() - startedAt,
      podCidr: podCidr(range),
      serviceCidr: serviceCidr(range),
      servers: () => supervisor.reports(),
      killServer: (name) => supervisor.kill(name),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The host name as a name the API takes (RFC 1123 subdomain). */
function machineName(): string {
  const name = hostname()
    .toLowerCase()
    .replace(/[^a-z0-9.-]/g, '-');
  return name.replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '') || 'localhost';
}

interface Wiring {
  readonly dataDirectory: string;
  readonly range: number;
  readonly nodeName: string;
  readonly options: CellOptions;
}

function settingsOf({ dataDirectory, range, nodeName, options }: Wiring) {
  const keys = join(dataDirectory, 'pki');
  const agent: AgentSettings = {
    nodeName,
    dataDirectory,
    imageStoreDirectory: resolve(options.imageStoreDirectory),
    tender: tenderChoice(options.tender, dataDirectory),
    addressRange: range,
    tls: {
      certificatePath: join(keys, 'agent.crt'),
      keyPath: join(keys, 'agent.key'),
      clientAuthorityPath: join(keys, 'ca.crt'),
    },
  };
  const gateway: GatewaySettings = { addressRange: range };
  const namespaces: NamespacesSettings = { certificateAuthorityPath: join(keys, 'ca.crt') };
  const rows: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
    namespaces: { ...namespaces },
    agent: { ...agent },
    gateway: { ...gateway },
  };
  return (name: string): Readonly<Record<string, unknown>> => rows[name] ?? {};
}

function tenderChoice(tender: CellOptions['tender'], dataDirectory: string): TenderChoice {
  if (tender.kind === 'node') return tender;
  return { kind: 'process', binaryPath: tender.binaryPath, socketPath: tenderSocketPath(dataDirectory) };
}
