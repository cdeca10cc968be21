/** The arguments QEMU is started with: a `microvm` with what the image needs and nothing else. */
import type { VirtioRunOptions } from './run.ts';

export const qemuProgram = 'qemu-system-x86_64';

/** Where an image says how it ended (docs/virtio.md): the status first, then the write that ends QEMU. */
const statusPort = 0x502;
const exitPort = 0x501;

/** `-arch-capabilities`: where KVM itself is nested, QEMU cannot set that register and refuses to start. */
const accelerators: Readonly<Record<VirtioRunOptions['accelerator'], readonly string[]>> = {
  kvm: ['-accel', 'kvm', '-cpu', 'max,-arch-capabilities'],
  tcg: ['-accel', 'tcg,thread=single', '-cpu', 'max'],
  auto: ['-accel', 'kvm', '-accel', 'tcg,thread=single', '-cpu', 'max,-arch-capabilities'],
};

const mebibyte = 1_048_576;

/** QEMU reads a comma as the end of a value unless it is doubled. */
const escaped = (text: string): string => text.replaceAll(',', ',,');

export interface QemuFiles {
  /** Gets the status byte. */
  readonly statusPath: string;
  readonly commandLine: string;
}

export function qemuArguments(options: VirtioRunOptions, { statusPath, commandLine }: QemuFiles): readonly string[] {
  const { imagePath, memoryBytes, accelerator, network, block } = options;
  return [
    // The real-time clock says what day it is where there is no kvm-clock; timers and interrupts are the APICs'.
    ...['-M', 'microvm,acpi=off,pit=off,pic=off,rtc=on,auto-kernel-cmdline=on'],
    ...accelerators[accelerator],
    ...['-m', `${Math.ceil(memoryBytes / mebibyte)}M`, '-smp', '1'],
    ...['-nodefaults', '-no-user-config', '-no-reboot', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
    ...['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'],
    ...['-global', 'virtio-mmio.force-legacy=false'],
    ...['-chardev', `file,id=status,path=${escaped(statusPath)}`],
    ...['-device', `isa-debugcon,iobase=${statusPort},chardev=status`],
    ...['-device', `isa-debug-exit,iobase=${exitPort},iosize=1`],
    ...['-object', 'rng-random,id=entropy,filename=/dev/urandom', '-device', 'virtio-rng-device,rng=entropy'],
    ...(network === undefined
      ? []
      : [
          ...['-netdev', `${network.backend},id=network`],
          ...['-device', `virtio-net-device,netdev=network${network.mac === undefined ? '' : `,mac=${network.mac}`}`],
        ]),
    ...(block === undefined
      ? []
      : [
          '-drive',
          `id=disk,if=none,format=raw,file=${escaped(block.path)},readonly=${block.isReadOnly ? 'on' : 'off'}`,
          ...['-device', 'virtio-blk-device,drive=disk'],
        ]),
    ...['-kernel', imagePath],
    ...(commandLine === '' ? [] : ['-append', commandLine]),
  ];
}
