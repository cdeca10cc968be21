/**
 * The prober of the boot benchmark, sealed by our own compiler so that starting a server costs a fork of a process of a
 * few pages. Spawning from Node takes 1.7 ms here, which is more than the thing that is measured.
 *
 *     prober PORT SERVER_PROCESSOR PROBER_PROCESSOR LINE PROGRAM WORDS...
 *
 * starts PROGRAM, connects without a pause until it answers, looks for LINE in its output meanwhile, prints
 * `PID RESPONSE_NANOSECONDS LINE_NANOSECONDS`, and ends when PROGRAM has ended. A processor of 64 or more means: not pinned.
 * Port 0: no response is waited for. LINE is a part of a line of at most 63 bytes; an empty one means the end of the output,
 * `-` that none is waited for and the output goes to stderr.
 */

// @ts-ignore: decorators of AssemblyScript
@external('linux', 'memory_base') declare function memoryBase(): i64;
// @ts-ignore
@external('linux', 'start_stack') declare function startStack(): i64;
// @ts-ignore
@external('linux', 'peek8') declare function peek8(address: i64): i32;
// @ts-ignore
@external('linux', 'peek64') declare function peek64(address: i64): i64;
// @ts-ignore
@external('linux', 'write') declare function write(fd: i64, buffer: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'close') declare function close(fd: i64): i64;
// @ts-ignore
@external('linux', 'socket') declare function socket(family: i64, type: i64, protocol: i64): i64;
// @ts-ignore
@external('linux', 'connect') declare function connect(fd: i64, address: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'sendto') declare function sendto(fd: i64, buffer: i64, length: i64, flags: i64, address: i64, addressLength: i64): i64;
// @ts-ignore
@external('linux', 'recvfrom') declare function recvfrom(fd: i64, buffer: i64, length: i64, flags: i64, address: i64, addressLength: i64): i64;
// @ts-ignore
@external('linux', 'fork') declare function fork(): i64;
// @ts-ignore
@external('linux', 'execve') declare function execve(path: i64, words: i64, environment: i64): i64;
// @ts-ignore
@external('linux', 'pipe2') declare function pipe2(ends: i64, flags: i64): i64;
// @ts-ignore
@external('linux', 'fcntl') declare function fcntl(fd: i64, command: i64, argument: i64): i64;
// @ts-ignore
@external('linux', 'read') declare function read(fd: i64, buffer: i64, length: i64): i64;
// @ts-ignore
@external('linux', 'dup2') declare function dup2(from: i64, to: i64): i64;
// @ts-ignore
@external('linux', 'wait4') declare function wait4(pid: i64, status: i64, options: i64, usage: i64): i64;
// @ts-ignore
@external('linux', 'kill') declare function kill(pid: i64, signal: i64): i64;
// @ts-ignore
@external('linux', 'prctl') declare function prctl(option: i64, a: i64, b: i64, c: i64, d: i64): i64;
// @ts-ignore
@external('linux', 'sched_setaffinity') declare function setAffinity(pid: i64, length: i64, mask: i64): i64;
// @ts-ignore
@external('linux', 'clock_gettime') declare function clockGettime(clock: i64, time: i64): i64;
// @ts-ignore
@external('linux', 'exit_group') declare function exitGroup(status: i64): i64;

const CLOCK_MONOTONIC: i64 = 1;
const PR_SET_PDEATHSIG: i64 = 1;
const SIGKILL: i64 = 9;
const STREAM_SOCKET_CLOEXEC: i64 = 1 | 0o2000000;
const MSG_DONTWAIT: i64 = 0x40;
const MSG_NOSIGNAL: i64 = 0x4000;
const EAGAIN: i64 = -11;
const F_SETFL: i64 = 4;
const O_CLOEXEC: i64 = 0o2000000;
const O_NONBLOCK: i64 = 0o4000;
const giveUpNs: i64 = 20_000_000_000;
/** A connection that something in front of the server took (QEMU's user network) is given up and tried anew. */
const attemptNs: i64 = 100_000_000;

const mask = memory.data(8);
const time = memory.data(16);
const address = memory.data(16);
const answer = memory.data(4096);
const text = memory.data(64);
const pipeEnds = memory.data(8);
const line = memory.data(64);
const output = memory.data(4096);
const request = 'GET / HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n';
const requestBytes = memory.data(64);

function native(pointer: usize): i64 {
  return memoryBase() + (pointer as i64);
}

function now(): i64 {
  clockGettime(CLOCK_MONOTONIC, native(time));
  return load<i64>(time) * 1_000_000_000 + load<i64>(time, 8);
}

function argument(index: i32): i64 {
  return peek64(startStack() + 8 + ((index as i64) << 3));
}

function argumentNumber(index: i32): i64 {
  let value: i64 = 0;
  for (let at = argument(index); peek8(at) != 0; at++) value = value * 10 + (peek8(at) - 48);
  return value;
}

function pin(processor: i64): void {
  if (processor >= 64) return;
  store<u64>(mask, (1 as u64) << processor);
  setAffinity(0, 8, native(mask));
}

/** sockaddr_in of 127.0.0.1:port (ip(7)). */
function fillAddress(port: i64): void {
  store<u16>(address, 2);
  store<u8>(address, (port >> 8) as u8, 2);
  store<u8>(address, port as u8, 3);
  store<u32>(address, 0x0100007f, 4);
}

let startedNs: i64 = 0;
let lineLength: i32 = 0;
let lineNs: i64 = 0;
let isLookingForLine: bool = false;
let outputUsed: i32 = 0;
let hasOutputEnded: bool = false;

/** Length of the line; -1 when none is waited for. */
function readLine(): i32 {
  let length = 0;
  for (let at = argument(4); length < 63 && peek8(at) != 0; at++) store<u8>(line + length++, peek8(at) as u8);
  return length == 1 && load<u8>(line) == 45 ? -1 : length;
}

function hasLine(): bool {
  for (let at = 0; at + lineLength <= outputUsed; at++) {
    if (memory.compare(output + at, line, lineLength) == 0) return true;
  }
  return false;
}

function lookForLine(): void {
  if (!isLookingForLine) return;
  const count = read(load<i32>(pipeEnds), native(output + outputUsed), 4096 - outputUsed);
  if (count < 0) return;
  hasOutputEnded = count == 0;
  outputUsed += count as i32;
  if (lineLength > 0 ? hasLine() : count == 0) {
    isLookingForLine = false;
    lineNs = now() - startedNs;
  }
  // The end of what was read may be the start of the line.
  const kept = min(outputUsed, lineLength);
  memory.copy(output, output + outputUsed - kept, kept);
  outputUsed = kept;
}

/** True when the server has answered 200; false when it does not listen yet or has dropped the connection. */
function attempt(): bool {
  const fd = socket(2, STREAM_SOCKET_CLOEXEC, 0);
  let received: i64 = -1;
  if (connect(fd, native(address), 16) == 0) {
    const sinceNs = now();
    sendto(fd, native(requestBytes), request.length, MSG_NOSIGNAL, 0, 0);
    do {
      received = recvfrom(fd, native(answer), 4096, MSG_DONTWAIT, 0, 0);
      lookForLine();
    } while (received == EAGAIN && now() - sinceNs < attemptNs);
  }
  close(fd);
  // "HTTP/1.1" and " 200"
  return received >= 12 && load<u64>(answer) == 0x312e312f50545448 && load<u32>(answer, 8) == 0x30303220;
}

function appendNumber(at: usize, value: i64): usize {
  let divisor: i64 = 1;
  while (value / divisor >= 10) divisor *= 10;
  for (; divisor > 0; divisor /= 10) store<u8>(at++, 48 + ((value / divisor) % 10));
  return at;
}

function report(pid: i64, responseNs: i64): void {
  let end = appendNumber(text, pid);
  store<u8>(end++, 32);
  end = appendNumber(end, responseNs);
  store<u8>(end++, 32);
  end = appendNumber(end, lineNs);
  store<u8>(end++, 10);
  write(1, native(text), end - text);
}

export function _start(): void {
  const words = peek64(startStack());
  if (words < 6) exitGroup(64);
  const port = argumentNumber(1);
  fillAddress(port);
  for (let i = 0; i < request.length; i++) store<u8>(requestBytes + i, request.charCodeAt(i) as u8);
  lineLength = readLine();
  isLookingForLine = lineLength >= 0;
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (isLookingForLine) {
    pipe2(native(pipeEnds), O_CLOEXEC);
    fcntl(load<i32>(pipeEnds), F_SETFL, O_NONBLOCK);
  }
  // The pages of the loop are touched once before the clock starts.
  store<u8>(output, 0);
  if (port != 0) attempt();
  lookForLine();

  // The child starts where it is to run: on the prober's processor it would first wait for the prober's time slice to end.
  pin(argumentNumber(2));
  startedNs = now();
  const pid = fork();
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    dup2(isLookingForLine ? load<i32>(pipeEnds, 4) : 2, 1);
    execve(argument(5), startStack() + 8 + (5 << 3), startStack() + 8 + ((words + 1) << 3));
    exitGroup(127);
  }
  pin(argumentNumber(3));
  if (isLookingForLine) close(load<i32>(pipeEnds, 4));
  let isWaitingForResponse = port != 0;
  let responseNs: i64 = 0;
  while ((isWaitingForResponse || isLookingForLine) && !(isLookingForLine && hasOutputEnded) && now() - startedNs < giveUpNs) {
    lookForLine();
    if (!isWaitingForResponse || !attempt()) continue;
    isWaitingForResponse = false;
    responseNs = now() - startedNs;
  }
  const isComplete = !isWaitingForResponse && !isLookingForLine;
  if (isComplete) report(pid, responseNs);
  else kill(pid, SIGKILL);
  wait4(pid, 0, 0, 0);
  exitGroup(isComplete ? 0 : 1);
}
