/**
 * `probe`: whether KVM really runs a guest here. A machine of a few pages leaves by a hypercall and then by an exception
 * from ring 3; a child runs it, as nothing ends a processor that is stuck but the end of its process.
 */
import { append, appendByte, beginText, textLength } from '../text';
import { EINTR, EPOLL_ADD, EPOLLIN, epollCreate, epollCtl, epollPwait, exitGroup, fork, kill, native, O_CLOEXEC, pipe2, read, SIGKILL, write } from '../linux';
import { failureLength, failWith, fail } from '../failure';
import { consoleBuffer, errorText, events, scratch } from '../layout';
import { addRegion, createMachine, createProcessor, ExitReason, exitReason, openKvm, portNumber, runProcessor } from './kvm';
import { descriptorPage, exceptionStack, hostAddress, machinePointer, stubPage, supervisorAddress, tablePool } from './layout';
import { createTables, mapPages, noExecute, rootTable, user, writable } from './page-tables';
import { exceptionFrame, exceptionPort, setUpProcessor } from './processor';

const timeLimitMs: i64 = 1000;
const longestAnswer: i64 = 1024;

const tableCount: u32 = 16;
const codePage: usize = tablePool + <usize>tableCount * 0x1000;
const machineBytes: u64 = codePage + 0x1000;
const codeAddress: u64 = 0x1000_0000;
/** out 0x10, eax; ud2 */
const code: u32 = 0x0b0f_10e7;
const helloPort: u32 = 0x10;
const invalidOpcode: u64 = 6;

function runOnce(port: u32): bool {
  let error = runProcessor();
  while (error == EINTR) error = runProcessor();
  if (error < 0) return failWith('Probe', 'KVM does not run a guest', error);
  return (exitReason() == ExitReason.portAccess && portNumber() == port) || fail('Probe', 'KVM runs a guest wrongly');
}

function bootGuest(): bool {
  const kvm = openKvm();
  if (kvm < 0) return failWith('Probe', '/dev/kvm cannot be opened', kvm);
  let error = createMachine(kvm);
  if (error < 0) return failWith('Probe', 'KVM makes no virtual machine', error);
  error = createProcessor();
  if (error < 0) return failWith('Probe', 'KVM makes no processor', error);
  createTables(tableCount);
  mapPages(supervisorAddress, descriptorPage, 0x1000, noExecute);
  mapPages(supervisorAddress + 0x1000, stubPage, 0x1000, 0);
  mapPages(supervisorAddress + 0x2000, exceptionStack, 0x1000, writable | noExecute);
  mapPages(codeAddress, codePage, 0x1000, user);
  store<u32>(machinePointer(codePage), code);
  error = addRegion(0, hostAddress(0), machineBytes);
  if (error < 0) return failWith('Probe', 'KVM takes no memory', error);
  error = setUpProcessor(rootTable, codeAddress, codeAddress, 0);
  if (error < 0) return failWith('Probe', 'KVM takes no 64-bit processor state', error);
  if (!runOnce(helloPort) || !runOnce(exceptionPort)) return false;
  return load<u64>(machinePointer(exceptionFrame)) == invalidOpcode || fail('Probe', 'KVM tells exceptions of a guest wrongly');
}

function say(length: usize): void {
  write(1, native(consoleBuffer), length);
}

function answer(isGood: bool, pipe: i64): void {
  const length: usize = isGood ? 0 : failureLength();
  beginText(consoleBuffer, <usize>longestAnswer);
  append(isGood ? 'hvt' : 'no: ');
  for (let i: usize = 0; i < length; i++) appendByte(load<u8>(errorText + i));
  appendByte(10);
  write(pipe, native(consoleBuffer), textLength());
  exitGroup(0);
}

/** What the child says within the time limit; its length in `consoleBuffer`, 0: nothing. */
function hear(pipe: i64): usize {
  const epoll = epollCreate(O_CLOEXEC);
  store<u32>(scratch, EPOLLIN);
  store<u64>(scratch, 0, 4);
  epollCtl(epoll, EPOLL_ADD, pipe, native(scratch));
  if (epollPwait(epoll, native(events), 1, timeLimitMs, 0, 8) != 1) return 0;
  const length = read(pipe, native(consoleBuffer), longestAnswer);
  return length > 0 ? <usize>length : 0;
}

export function probe(): void {
  pipe2(native(scratch), O_CLOEXEC);
  const reading: i64 = load<i32>(scratch);
  const writing: i64 = load<i32>(scratch, 4);
  const child = fork();
  if (child == 0) answer(bootGuest(), writing);
  const length: usize = child < 0 ? 0 : hear(reading);
  if (child > 0) kill(child, SIGKILL);
  if (length == 0) {
    beginText(consoleBuffer, <usize>longestAnswer);
    append('no: a guest of KVM did not end within 1 s');
    appendByte(10);
    say(textLength());
    exitGroup(1);
  }
  say(length);
  // "hvt" and the end of the line.
  exitGroup(length == 4 ? 0 : 1);
}
