import assert from 'node:assert/strict';
import { test } from 'node:test';
import { callData, interpret } from '../process/interpret-filter.ts';
import { returnAllow } from '../process/seccomp.ts';
import { buildMonitorFilter } from './monitor-filter.ts';

const listeningCount = 2;
/** After console, trap report, epoll and two listening sockets. */
const descriptors = { epoll: 3n, listening: 5n, machine: 6n, processor: 7n, kvm: 8n, connection: 9n } as const;
const { epoll, listening, machine, processor, kvm, connection } = descriptors;

const numbers = {
  read: 0,
  write: 1,
  close: 3,
  mmap: 9,
  mprotect: 10,
  munmap: 11,
  ioctl: 16,
  sendto: 44,
  recvfrom: 45,
  shutdown: 48,
  execve: 59,
  accept4: 288,
  epollPwait: 281,
  openat: 257,
} as const;

const run = 0xae80n;
const setMemoryRegion = 0x4020_ae46n;
const createMachine = 0xae01n;

const rows: readonly [what: string, name: keyof typeof numbers, args: readonly bigint[], isAllowed: boolean][] = [
  ['run the processor', 'ioctl', [processor, run, 0n], true],
  ['run the machine', 'ioctl', [machine, run, 0n], false],
  ['give the machine memory', 'ioctl', [machine, setMemoryRegion, 0n], true],
  ['give the processor memory', 'ioctl', [processor, setMemoryRegion, 0n], false],
  ['make a machine', 'ioctl', [kvm, createMachine, 0n], true],
  ['ask a connection for anything', 'ioctl', [connection, run, 0n], false],
  ['set a debug register', 'ioctl', [processor, 0x4080_aea2n, 0n], false],
  ['a request with bits above the 32nd', 'ioctl', [processor, (1n << 32n) | run, 0n], false],
  ['receive from a connection', 'recvfrom', [connection, 0n, 1n, 0n, 0n, 0n], true],
  ['receive from a listening socket', 'recvfrom', [listening, 0n, 1n, 0n, 0n, 0n], false],
  ['send to an address', 'sendto', [connection, 0n, 1n, 0x4000n, 1n, 16n], false],
  ['send', 'sendto', [connection, 0n, 1n, 0x4000n, 0n, 0n], true],
  ['accept', 'accept4', [listening, 0n, 0n, 0x80800n], true],
  ['accept from a connection', 'accept4', [connection, 0n, 0n, 0x80800n], false],
  ['close a connection', 'close', [connection], true],
  ['close the machine', 'close', [machine], true],
  ['close epoll', 'close', [epoll], false],
  ['close a listening socket', 'close', [listening], false],
  ['end sending', 'shutdown', [connection, 1n], true],
  ['hang a listening socket up', 'shutdown', [listening, 2n], false],
  ['write to the console', 'write', [1n, 0n, 1n], true],
  ['write to a connection', 'write', [connection, 0n, 1n], false],
  ['map the processor', 'mmap', [0x1_0400_0000n, 0x2000n, 3n, 0x11n, processor, 0n], true],
  ['map memory', 'mmap', [0n, 0x2000n, 3n, 0x22n, 0xffff_ffffn, 0n], false],
  ['map the processor executable', 'mmap', [0x1_0400_0000n, 0x2000n, 7n, 0x11n, processor, 0n], false],
  ['make memory executable', 'mprotect', [0x1_0400_0000n, 0x1000n, 5n], false],
  ['wait', 'epollPwait', [epoll, 0n, 1n, 0n, 0n, 8n], true],
  ['open a file', 'openat', [0n, 0n, 0n, 0n], false],
  ['read', 'read', [connection, 0n, 1n], false],
  ['start a program', 'execve', [0n, 0n, 0n], false],
];

for (const [what, name, args, isAllowed] of rows) {
  test(`a monitor may${isAllowed ? '' : ' not'} ${what}`, () => {
    const verdict = interpret(buildMonitorFilter({ listeningCount, hasEgress: false }), callData(numbers[name], args));
    assert.equal(verdict === returnAllow, isAllowed);
  });
}

test('the filter of a monitor without listening sockets can be built', () => {
  assert.equal(
    interpret(
      buildMonitorFilter({ listeningCount: 0, hasEgress: false }),
      callData(numbers.accept4, [4n, 0n, 0n, 0x80800n]),
    ) === returnAllow,
    false,
  );
});
