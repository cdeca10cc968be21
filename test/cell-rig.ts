/** A whole cell for tests: images built from small applications, the native tender, a client as the administrator. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCell } from '@diatom/cli/cell/cell.ts';
import type { Cell } from '@diatom/cli/cell/options.ts';
import { type Client, connect, type Deployment, type Pod, type Service } from '@diatom/sdk';
import { build } from '@diatom/seal';
import { createImageStore } from '@diatom/tender';
import { nativeTenderPath } from './hostile/native-tender.ts';

const applications = join(import.meta.dirname, '../libos/guest/test-apps');

export interface CellRig extends AsyncDisposable {
  readonly cell: Cell;
  readonly client: Client;
  readonly directory: string;
  /** What the cell and its servers said, for the message of a failed test. */
  readonly lines: readonly string[];
  /** Stops the cell in order and starts it again over the same data. */
  restart(): Promise<void>;
}

/** A directory with images of the named applications (files of libos/guest/test-apps without `.ts`) in `images`. */
export async function prepareDirectory(
  names: readonly string[],
): Promise<{ readonly directory: string; readonly binaryPath: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'diatom-cell-'));
  const store = createImageStore(join(directory, 'images'));
  const [binaryPath] = await Promise.all([
    nativeTenderPath(),
    ...names.map(async (name) => {
      const { manifest, layers } = await build({ file: join(applications, `${name}.ts`), name });
      await store.put(name, manifest, layers);
    }),
  ]);
  return { directory, binaryPath };
}

export async function startCellRig(names: readonly string[]): Promise<CellRig> {
  const { directory, binaryPath } = await prepareDirectory(names);
  const lines: string[] = [];
  const start = () =>
    startCell({
      dataDirectory: join(directory, 'data'),
      imageStoreDirectory: join(directory, 'images'),
      tender: { kind: 'process', binaryPath },
      nodeName: 'here',
      log: (source, line) => lines.push(`${source}: ${line}`),
    });
  let cell = await start();
  let client = connect({ kubeconfig: cell.kubeconfigPath });
  return {
    get cell() {
      return cell;
    },
    get client() {
      return client;
    },
    directory,
    lines,
    async restart() {
      await client.close();
      await cell.close();
      cell = await start();
      client = connect({ kubeconfig: cell.kubeconfigPath });
    },
    async [Symbol.asyncDispose]() {
      await client.close();
      await cell.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export interface Wanted {
  readonly image: string;
  readonly replicas?: number;
  /** Lazy with this idle time. */
  readonly idleTimeout?: string;
  readonly container?: Partial<Pod['spec']['containers'][number]>;
}

export function deployment(name: string, { image, replicas = 1, idleTimeout, container = {} }: Wanted): Deployment {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          ...(idleTimeout === undefined ? {} : { annotations: { 'diatom.dev/idle-timeout': idleTimeout } }),
        },
        spec: { containers: [{ name: 'main', image, ...container }], terminationGracePeriodSeconds: 1 },
      },
    },
  };
}

export function service(name: string, port: number, over: Partial<Service['spec']> = {}): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { app: name }, ports: [{ port, targetPort: port }], ...over },
  };
}

export function pod(
  name: string,
  image: string,
  over: Partial<Pod['spec']> = {},
  container: Wanted['container'] = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: { containers: [{ name: 'main', image, ...container }], terminationGracePeriodSeconds: 1, ...over },
  };
}

/** The waiting or terminated reason of the first container, or its state's name. */
export function stateOf(subject: Pod): string {
  const state = subject.status?.containerStatuses?.[0]?.state;
  if (state?.running !== undefined) return 'running';
  return state?.waiting?.reason ?? state?.terminated?.reason ?? 'none';
}
