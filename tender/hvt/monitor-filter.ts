/**
 * What the monitor of a virtual machine may ask of the kernel once its guest runs (docs/hvt.md): the same for every image,
 * as a guest has no system calls. `tender/guest/hvt/monitor.ts` gives the descriptors these numbers.
 */
import { type AllowedCall, assembleFilter } from '../process/seccomp.ts';
import { type ArgumentRule, descriptorLayout, equals, onlyBits, range, zero } from '../process/system-calls.ts';

/** linux/kvm.h */
const requests = {
  run: 0xae80,
  getRegisters: 0x8090_ae81,
  getSpecialRegisters: 0x8138_ae83,
  setMemoryRegion: 0x4020_ae46,
} as const;

const messageFlags = { dontWait: 0x40, noSignal: 0x4000 } as const;
const nonBlockingCloseOnExec = 0o4000 | 0o2000000;
const shutWrite = 1;

const calls = (listeningCount: number): readonly AllowedCall[] => {
  const { console, trapReport, epoll, firstListening, lastListening } = descriptorLayout(listeningCount);
  const machine = lastListening + 1;
  const processor = lastListening + 2;
  const connection: ArgumentRule = range(0, processor + 1, 0x7fff_ffff);
  const call = (name: string, number: number, ...rules: readonly ArgumentRule[]): AllowedCall => ({
    name,
    number,
    alternatives: [rules],
  });
  return [
    {
      name: 'ioctl',
      number: 16,
      alternatives: [
        [equals(0, processor), equals(1, requests.run)],
        [equals(0, processor), equals(1, requests.getSpecialRegisters)],
        [equals(0, processor), equals(1, requests.getRegisters)],
        [equals(0, machine), equals(1, requests.setMemoryRegion)],
      ],
    },
    call('clock_gettime', 228, range(0, 0, 1)),
    call('recvfrom', 45, connection, onlyBits(3, messageFlags.dontWait), zero(4), zero(5)),
    call('sendto', 44, connection, onlyBits(3, messageFlags.dontWait | messageFlags.noSignal), zero(4), zero(5)),
    call('epoll_pwait', 281, equals(0, epoll), zero(4)),
    call('epoll_ctl', 233, equals(0, epoll)),
    ...(listeningCount === 0
      ? []
      : [
          call(
            'accept4',
            288,
            range(0, firstListening, lastListening),
            zero(1),
            zero(2),
            equals(3, nonBlockingCloseOnExec),
          ),
        ]),
    call('close', 3, connection),
    call('shutdown', 48, connection, equals(1, shutWrite)),
    call('write', 1, range(0, console, trapReport)),
    call('getrandom', 318, zero(2)),
    call('exit_group', 231),
  ];
};

export const buildMonitorFilter = (listeningCount: number): Uint8Array => assembleFilter(calls(listeningCount));
