/**
 * What the monitor of a virtual machine may ask of the kernel once its guest runs (docs/hvt.md): the same for every image,
 * as a guest has no system calls. `tender/guest/hvt/monitor.ts` gives the descriptors these numbers.
 */
import { type AllowedCall, assembleFilter } from '../process/seccomp.ts';
import {
  type ArgumentRule,
  type Descriptors,
  descriptorLayout,
  equals,
  onlyBits,
  range,
  zero,
} from '../process/system-calls.ts';

/** linux/kvm.h. A machine that rests is given back and made again (`tender/guest/hvt/rest.ts`). */
const requests = {
  kvm: { createMachine: 0xae01 },
  machine: { setMemoryRegion: 0x4020_ae46, createProcessor: 0xae41 },
  processor: {
    run: 0xae80,
    getSpecialRegisters: 0x8138_ae83,
    getRegisters: 0x8090_ae81,
    setRegisters: 0x4090_ae82,
    setSpecialRegisters: 0x4138_ae84,
    getVectorRegisters: 0x9000_aea4,
    setVectorRegisters: 0x5000_aea5,
  },
} as const;

/** Of `struct kvm_run`, as far as the monitor maps it. */
const runPagesBytes = 0x2000;
const readWrite = 0x1 | 0x2;
const sharedFixed = 0x1 | 0x10;

const messageFlags = { dontWait: 0x40, noSignal: 0x4000 } as const;
const nonBlockingCloseOnExec = 0o4000 | 0o2000000;
const shutWrite = 1;

const calls = (descriptors: Descriptors): readonly AllowedCall[] => {
  const { console, trapReport, epoll, requests: egress, firstListening, lastListening } = descriptorLayout(descriptors);
  const machine = lastListening + 1;
  const processor = lastListening + 2;
  const kvm = lastListening + 3;
  const connection: ArgumentRule = range(0, kvm + 1, 0x7fff_ffff);
  const asks = (descriptor: number, numbers: readonly number[]): AllowedCall['alternatives'] =>
    numbers.map((request) => [equals(0, descriptor), equals(1, request)]);
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
        ...asks(processor, Object.values(requests.processor)),
        ...asks(machine, Object.values(requests.machine)),
        ...asks(kvm, Object.values(requests.kvm)),
      ],
    },
    call('clock_gettime', 228, range(0, 0, 1)),
    call('recvfrom', 45, connection, onlyBits(3, messageFlags.dontWait), zero(4), zero(5)),
    {
      name: 'sendto',
      number: 44,
      alternatives: [connection, ...(egress === undefined ? [] : [equals(0, egress)])].map((descriptor) => [
        descriptor,
        onlyBits(3, messageFlags.dontWait | messageFlags.noSignal),
        zero(4),
        zero(5),
      ]),
    },
    ...(egress === undefined ? [] : [call('recvmsg', 47, equals(0, egress), zero(2))]),
    call('epoll_pwait', 281, equals(0, epoll), zero(4)),
    call('epoll_ctl', 233, equals(0, epoll)),
    ...(descriptors.listeningCount === 0
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
    { name: 'close', number: 3, alternatives: [[connection], [range(0, machine, processor)]] },
    call('shutdown', 48, connection, equals(1, shutWrite)),
    call('write', 1, range(0, console, trapReport)),
    call('getrandom', 318, zero(2)),
    call(
      'mmap',
      9,
      equals(1, runPagesBytes),
      equals(2, readWrite),
      equals(3, sharedFixed),
      equals(4, processor),
      zero(5),
    ),
    call('munmap', 11, equals(1, runPagesBytes)),
    call('exit_group', 231),
  ];
};

export const buildMonitorFilter = (descriptors: Descriptors): Uint8Array => assembleFilter(calls(descriptors));
