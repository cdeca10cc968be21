/** Debian's kernel for cloud machines: downloaded with apt, unpacked beside the other peers, never installed. */
import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkout } from '@diatom/test/tools/npm';

const run = promisify(execFile);
const peers = join(checkout, '.cache/peers');

export interface DebianKernel {
  readonly version: string;
  readonly kernelPath: string;
  /** Modules of the network card in the order they are loaded; what is built in is left out. */
  readonly modules: readonly Uint8Array[];
}

/** Of virtio-net on virtio-mmio. */
const moduleNames = ['virtio_ring', 'virtio', 'virtio_mmio', 'failover', 'net_failover', 'virtio_net'] as const;

/** The name of the package changes with every update; this one depends on the newest. */
const metapackage = 'linux-image-cloud-amd64';

export async function debianKernel(): Promise<DebianKernel> {
  const { stdout } = await run('apt-cache', ['depends', metapackage]);
  const name = /Depends: (linux-image-\S+)/.exec(stdout)?.[1];
  if (name === undefined) throw new Error(`apt knows no ${metapackage}: apt-get update`);
  const directory = join(peers, name);
  if (!(await exists(directory))) await unpack(name, directory);
  const files = await readdir(directory, { recursive: true });
  const kernel = files.find((file) => file.startsWith('boot/vmlinuz-'));
  if (kernel === undefined) throw new Error(`${name} holds no kernel`);
  const paths = moduleNames.flatMap((module) => files.find((file) => isModule(file, module)) ?? []);
  return {
    version: `Linux ${name.slice('linux-image-'.length)}`,
    kernelPath: join(directory, kernel),
    modules: await Promise.all(paths.map((path) => readModule(join(directory, path)))),
  };
}

async function unpack(name: string, directory: string): Promise<void> {
  const part = `${directory}.part`;
  await rm(part, { recursive: true, force: true });
  await mkdir(part, { recursive: true });
  await run('apt-get', ['download', '-q', name], { cwd: part });
  const archive = (await readdir(part)).find((file) => file.endsWith('.deb'));
  if (archive === undefined) throw new Error(`apt-get download ${name} left no package`);
  await run('dpkg-deb', ['-x', join(part, archive), part]);
  await rm(join(part, archive));
  await rename(part, directory);
}

function isModule(file: string, name: string): boolean {
  return file.endsWith(`/${name}.ko`) || file.endsWith(`/${name}.ko.xz`);
}

async function readModule(path: string): Promise<Uint8Array> {
  if (!path.endsWith('.xz')) return await readFile(path);
  const { stdout } = await run('xz', ['-dc', path], { encoding: 'buffer', maxBuffer: 1 << 26 });
  return stdout;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
