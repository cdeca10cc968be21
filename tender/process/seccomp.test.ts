import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { callData, interpret } from './interpret-filter.ts';
import { buildFilter, returnAllow, returnTrap } from './seccomp.ts';
import { systemCalls } from './system-calls.ts';

const allNames = systemCalls.map((call) => call.name);
const numberOf = (name: string): number => systemCalls.find((call) => call.name === name)?.number ?? -1;
const twoListening = buildFilter(allNames, { listeningCount: 2, hasEgress: false });
const isAllowed = (name: string, ...args: (bigint | number)[]): boolean =>
  interpret(twoListening, callData(numberOf(name), args.map(BigInt))) === returnAllow;

const memory = 0x5555_0001_0000n;

/** Descriptors: 3 epoll, 4 and 5 listening. */
const cases: readonly [allowed: boolean, name: string, ...args: (bigint | number)[]][] = [
  [true, 'write', 1, memory, 5],
  [true, 'write', 2, memory, 5],
  [false, 'write', 0, memory, 5],
  [false, 'write', 3, memory, 5],
  [false, 'write', 0x1_0000_0001n, memory, 5],
  [true, 'mprotect', memory, 65536, 3],
  [false, 'mprotect', memory, 65536, 7],
  [false, 'mprotect', memory, 65536, 5],
  [false, 'mprotect', memory, 65536, 0],
  [false, 'mprotect', memory, 65536, 0x1_0000_0003n],
  [false, 'mprotect', 0x1000_0000, 4096, 3],
  [true, 'accept4', 4, 0, 0, 0o2004000],
  [true, 'accept4', 5, 0, 0, 0o2004000],
  [false, 'accept4', 3, 0, 0, 0o2004000],
  [false, 'accept4', 6, 0, 0, 0o2004000],
  [false, 'accept4', 4, memory, 0, 0o2004000],
  [false, 'accept4', 4, 0, memory, 0o2004000],
  [false, 'accept4', 4, 0, 0, 0],
  [true, 'recvfrom', 6, memory, 10, 0, 0, 0],
  [true, 'recvfrom', 6, memory, 10, 0x40, 0, 0],
  [false, 'recvfrom', 5, memory, 10, 0, 0, 0],
  [false, 'recvfrom', 6, memory, 10, 2, 0, 0],
  [false, 'recvfrom', 6, memory, 10, 0, memory, 0],
  [false, 'recvfrom', 6, memory, 10, 0, 0, memory],
  [true, 'sendto', 6, memory, 10, 0x4000, 0, 0],
  [true, 'sendto', 6, memory, 10, 0x4040, 0, 0],
  [false, 'sendto', 6, memory, 10, 0x4001, 0, 0],
  [false, 'sendto', 6, memory, 10, 0x4000, memory, 16],
  [false, 'sendto', 2, memory, 10, 0x4000, 0, 0],
  [true, 'epoll_ctl', 3, 1, 6, memory],
  [false, 'epoll_ctl', 6, 1, 6, memory],
  [true, 'epoll_pwait', 3, memory, 64, 0, 0, 8],
  [false, 'epoll_pwait', 3, memory, 64, 0, memory, 8],
  [false, 'epoll_pwait', 4, memory, 64, 0, 0, 8],
  [true, 'epoll_wait', 3, memory, 64, 0],
  [true, 'close', 6],
  [true, 'close', 0x7fff_ffff],
  [false, 'close', 5],
  [false, 'close', 0],
  [false, 'close', 0x8000_0000n],
  [true, 'shutdown', 6, 1],
  [false, 'shutdown', 4, 1],
  [true, 'clock_gettime', 0, memory],
  [true, 'clock_gettime', 1, memory],
  [false, 'clock_gettime', 2, memory],
  [false, 'clock_gettime', 0xffff_ffff_ffff_fffen, memory],
  [true, 'getrandom', memory, 16, 0],
  [false, 'getrandom', memory, 16, 1],
  [true, 'exit_group', 3],
];

for (const [allowed, name, ...args] of cases) {
  const shown = args.map((value) => `0x${value.toString(16)}`).join(', ');
  test(`${name}(${shown}) is ${allowed ? 'allowed' : 'denied'}`, () => {
    assert.equal(isAllowed(name, ...args), allowed);
  });
}

test('every call that is not in the table is denied', () => {
  const known = new Set(systemCalls.map((call) => call.number));
  for (let number = 0; number < 600; number += 1) {
    if (!known.has(number)) assert.equal(interpret(twoListening, callData(number, [])), returnTrap, `call ${number}`);
  }
});

test('only calls the manifest names are allowed, with the two the trap report needs', () => {
  const filter = buildFilter(['clock_gettime'], { listeningCount: 1, hasEgress: false });
  const verdict = (name: string, ...args: number[]) => interpret(filter, callData(numberOf(name), args.map(BigInt)));
  assert.equal(verdict('clock_gettime', 1), returnAllow);
  assert.equal(verdict('write', 2), returnAllow);
  assert.equal(verdict('exit_group'), returnAllow);
  assert.equal(verdict('getrandom'), returnTrap);
  assert.equal(verdict('accept4', 4, 0, 0, 0o2004000), returnTrap);
});

test('an image without listening sockets may not accept on any descriptor', () => {
  const filter = buildFilter(allNames, { listeningCount: 0, hasEgress: false });
  for (const descriptor of [0n, 3n, 4n]) {
    assert.equal(interpret(filter, callData(288, [descriptor, 0n, 0n, 0o2004000n])), returnTrap);
  }
});

test('calls of another architecture and of the x32 ABI are denied', () => {
  assert.equal(interpret(twoListening, callData(231, [], 0x4000_0003)), returnTrap);
  assert.equal(interpret(twoListening, callData(231 | 0x4000_0000, [])), returnTrap);
  assert.equal(interpret(twoListening, callData(0xffff_ffff, [])), returnTrap);
});

test('a name that is not in the table is an error that names it', () => {
  assert.throws(() => buildFilter(['write', 'open', 'fork'], { listeningCount: 0, hasEgress: false }), /open, fork/);
});

test('numbers and names in the table are unique', () => {
  assert.equal(new Set(allNames).size, systemCalls.length);
  assert.equal(new Set(systemCalls.map((call) => call.number)).size, systemCalls.length);
});

/** Descriptors: 3 epoll, 4 the socket for requests, 5 and 6 listening. */
const withEgress = buildFilter(allNames, { listeningCount: 2, hasEgress: true });
const egressCases: readonly [allowed: boolean, name: string, ...args: (bigint | number)[]][] = [
  [true, 'sendto', 4, memory, 20, 0x4000, 0, 0],
  [false, 'sendto', 4, memory, 20, 0x4000, memory, 16],
  [false, 'sendto', 4, memory, 20, 1, 0, 0],
  [true, 'sendto', 7, memory, 20, 0x4000, 0, 0],
  [false, 'sendto', 5, memory, 20, 0x4000, 0, 0],
  [false, 'recvfrom', 4, memory, 20, 0, 0, 0],
  [true, 'recvmsg', 4, memory, 0],
  [false, 'recvmsg', 4, memory, 2],
  [false, 'recvmsg', 5, memory, 0],
  [false, 'recvmsg', 7, memory, 0],
  [true, 'fcntl', 0, 1030, 0],
  [false, 'fcntl', 0, 0, 0],
  [false, 'fcntl', 0, 4, 0],
  [false, 'fcntl', 0, 1030, 100],
  [false, 'fcntl', 1, 1030, 0],
  [false, 'fcntl', 4, 1030, 0],
  [true, 'dup3', 8, 7, 0o2000000],
  [false, 'dup3', 8, 7, 0],
  [false, 'dup3', 8, 1, 0o2000000],
  [false, 'dup3', 8, 4, 0o2000000],
  [false, 'dup3', 4, 8, 0o2000000],
  [false, 'dup3', 0, 8, 0o2000000],
  [false, 'close', 4],
  [false, 'shutdown', 4, 2],
  [true, 'accept4', 5, 0, 0, 0o2004000],
  [false, 'accept4', 4, 0, 0, 0o2004000],
];

for (const [allowed, name, ...args] of egressCases) {
  const shown = args.map((value) => `0x${value.toString(16)}`).join(', ');
  test(`with an egress ${name}(${shown}) is ${allowed ? 'allowed' : 'denied'}`, () => {
    const verdict = interpret(withEgress, callData(numberOf(name), args.map(BigInt)));
    assert.equal(verdict === returnAllow, allowed);
  });
}

test('without an egress an image that can connect has no call more', () => {
  const plain = allNames.filter((name) => !['recvmsg', 'fcntl', 'dup3'].includes(name));
  assert.deepEqual(
    buildFilter(allNames, { listeningCount: 2, hasEgress: false }),
    buildFilter(plain, { listeningCount: 2, hasEgress: false }),
  );
});

test('the filter of an image that makes no connections is what it was before there were any', () => {
  const names = [
    'accept4',
    'clock_gettime',
    'close',
    'epoll_ctl',
    'epoll_pwait',
    'exit_group',
    'mprotect',
    'recvfrom',
    'sendto',
    'shutdown',
    'write',
  ];
  const filter = buildFilter(names, { listeningCount: 1, hasEgress: false });
  assert.equal(
    createHash('sha256').update(filter).digest('hex'),
    '0f105adddc6bde71fa75114e058fd0eadbe792beaef1815b75529a7010eefc88',
  );
});
