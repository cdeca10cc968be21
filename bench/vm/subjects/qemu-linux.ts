/** What a virtual machine usually is: a Linux kernel, here Debian's, with one static program in its initial file system. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianKernel } from '../debian-kernel.ts';
import { modes, writeArchive } from '../initramfs.ts';
import type { PreparedVm, VmSubject } from '../subject.ts';
import { type Accelerator, qemu, qemuPackage, qemuVersion, qemuWords } from './qemu.ts';

const run = promisify(execFile);

const memoryMiB = 128;
/**
 * `edd=off`: no search for BIOS disks; `panic=-1`: a kernel that fails ends QEMU instead of hanging; `tsc_early_khz`: on a
 * busy host the kernel cannot measure its clock, and without one it waits for ever.
 */
const commandLine = (): string =>
  `console=ttyS0 quiet loglevel=0 edd=off mitigations=off panic=-1 tsc_early_khz=${processorKhz()}`;

function processorKhz(): number {
  const [mhz = ''] = /^cpu MHz\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
  return Math.round(Number(mhz.split(':')[1] ?? 1_000) * 1_000);
}

export const qemuLinux = (accelerator: Accelerator): VmSubject => ({
  name: 'qemu-linux',
  case: accelerator,
  prepare: async (directory) => {
    const version = await qemuVersion();
    if (version === undefined) return skipped(`QEMU is not installed: apt-get install ${qemuPackage}`);
    await mkdir(directory, { recursive: true });
    const kernel = await debianKernel().catch((error: unknown) => reason(error));
    if (typeof kernel === 'string') return skipped(`no kernel from Debian: ${kernel}`);
    const init = await compileInit(directory).catch(() => undefined);
    if (init === undefined) return skipped('the first program cannot be compiled: apt-get install gcc libc6-dev');
    const fileSystem = archiveOf(init, kernel.modules);
    const fileSystemPath = join(directory, 'initramfs.cpio');
    await writeFile(fileSystemPath, fileSystem);
    return {
      kind: 'ready',
      version: `${kernel.version}, QEMU ${version}`,
      imageBytes: (await stat(kernel.kernelPath)).size + fileSystem.length,
      line: 'hello from linux',
      http: 'yes',
      instances: 4,
      command: async (port) => ({
        program: qemu,
        words: [
          ...qemuWords(accelerator, '', memoryMiB),
          ...['-kernel', kernel.kernelPath, '-initrd', fileSystemPath, '-append', commandLine()],
          ...['-netdev', `user,id=net,hostfwd=tcp:127.0.0.1:${port}-:8080`],
          ...['-device', 'virtio-net-device,netdev=net'],
        ],
      }),
    };
  },
});

const skipped = (why: string): PreparedVm => ({ kind: 'skipped', why });

function archiveOf(init: Uint8Array, modules: readonly Uint8Array[]): Uint8Array {
  return writeArchive([
    { path: 'dev', mode: modes.directory },
    { path: 'dev/console', mode: modes.characterDevice, device: { major: 5, minor: 1 } },
    { path: 'init', mode: modes.program, content: init },
    { path: 'modules', mode: modes.directory },
    ...modules.map((content, index) => ({
      path: `modules/${String(index).padStart(2, '0')}.ko`,
      mode: modes.file,
      content,
    })),
  ]);
}

async function compileInit(directory: string): Promise<Uint8Array> {
  const path = join(directory, 'init');
  await run('gcc', ['-Os', '-static', '-s', '-o', path, join(import.meta.dirname, '../guest/init.c')]);
  return await readFile(path);
}

/** apt and dpkg say why in their last line. */
function reason(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
  return text.trim().split('\n').at(-1) ?? 'unknown';
}
