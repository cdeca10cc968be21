/** How QEMU is started: its smallest machine, nothing in it but a console and what is asked for. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { VmSubject } from '../subject.ts';

const run = promisify(execFile);
/** Where Debian's package puts it; the prober looks through no PATH. */
export const qemu = '/usr/bin/qemu-system-x86_64';
export const qemuPackage = 'qemu-system-x86';

export type Accelerator = Exclude<VmSubject['case'], 'process'>;

export async function qemuVersion(): Promise<string | undefined> {
  const { stdout } = await run(qemu, ['--version']).catch(() => ({ stdout: undefined }));
  return stdout === undefined ? undefined : (/version ([\d.]+)/.exec(stdout)?.[1] ?? 'of unknown version');
}

/** `machine`: what of the microvm is there or not (QEMU's docs/system/i386/microvm.rst). */
export function qemuWords(accelerator: Accelerator, machine: string, memoryMiB: number): readonly string[] {
  return [
    ...['-M', `microvm${machine}`, '-accel', accelerator, '-m', String(memoryMiB)],
    // With this feature KVM asks for a register that nested KVM does not have: "failed to set MSR 0x10a".
    ...['-cpu', accelerator === 'kvm' ? 'max,-arch-capabilities' : 'max'],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-serial', 'stdio'],
  ];
}
