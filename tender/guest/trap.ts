/**
 * The signal handler of an instance: one line on descriptor 2 that says what happened and where, then the end. It runs
 * inside the confined process on its own stack, so everything it touches lies in the part of the tender's memory that
 * the image's process keeps, and the image may have damaged it: the line is evidence, not proof.
 */
import { append, appendByte, appendHex, appendNumber, beginText, textLength } from './text';
import { signalStack, signalStackBytes, trapContext, trapText, trapTextBytes } from './layout';
import {
  exitGroup,
  native,
  peek32,
  peek64,
  peek8,
  rtSigaction,
  SIGBUS,
  SIGFPE,
  SIGILL,
  sigaltstack,
  signalEntry,
  SIGPIPE,
  SIGSEGV,
  SIGSYS,
  write,
} from './linux';

/** Where the image lies; filled in by `place.ts`. */
// @ts-ignore: decorators of AssemblyScript
@unmanaged
class TrapContext {
  textStart: u64;
  textEnd: u64;
  stackGuard: u64;
  stackStart: u64;
  stackEnd: u64;
  /** What is added to an address of the image to reach the byte: 0 in the image's own process. */
  textOffset: u64;
  stackOffset: u64;
  /** This process is not the image but its virtual machine's monitor (`hvt/monitor.ts`). */
  isMonitor: u32;
  memoryCount: u32;
  /** First of eight. */
  memory0: u64;
}

const memoryOffset: usize = offsetof<TrapContext>('memory0');
/** Two 32-bit numbers and an access reach this far (docs/process-image.md). */
export const memoryReservation: u64 = 0x2_0001_0000;

export function context(): TrapContext {
  return changetype<TrapContext>(trapContext);
}

export function memoryAddress(index: u32): u64 {
  return load<u64>(trapContext + memoryOffset + (<usize>index << 3));
}

export function setMemoryAddress(index: u32, address: u64): void {
  store<u64>(trapContext + memoryOffset + (<usize>index << 3), address);
}

const trapDescriptor: i64 = 2;
const maximumCallers: i32 = 32;
/** How much of the stack is searched for return addresses. */
const searchedBytes: u64 = 16_384;

// Offsets in the x86-64 ucontext (arch/x86/include/uapi/asm/sigcontext.h) and siginfo.
const contextRsp: i64 = 160;
const contextRip: i64 = 168;
const contextError: i64 = 192;
const contextTrapNumber: i64 = 200;
const infoAddress: i64 = 16;
const infoSystemCall: i64 = 24;
const infoArchitecture: i64 = 28;
const architectureX86: i32 = <i32>0xc000_003e;

const faultOnWrite: i64 = 2;
const faultOnFetch: i64 = 16;
const generalProtection: i64 = 13;

function isText(address: u64): bool {
  return address >= context().textStart && address < context().textEnd;
}

function textByte(address: u64): i32 {
  return peek8(address + context().textOffset);
}

/** docs/process-image.md: `ud2`, then the code. */
export function appendTrapCode(rip: u64): void {
  const isTrap = isText(rip) && isText(rip + 2) && textByte(rip) == 0x0f && textByte(rip + 1) == 0x0b;
  switch (isTrap ? textByte(rip + 2) : 0) {
    case 1: append('unreachable'); break;
    case 2: append('divide-by-zero'); break;
    case 3: append('integer-overflow'); break;
    case 4: append('invalid-conversion'); break;
    case 5: append('undefined-element'); break;
    case 6: append('type-mismatch'); break;
    case 7: append('range'); break;
    default: append('instruction');
  }
}

function isInMemory(address: u64): bool {
  for (let i: u32 = 0; i < context().memoryCount; i++) {
    if (address - memoryAddress(i) < memoryReservation) return true;
  }
  return false;
}

export function appendAccess(address: u64, error: i64): void {
  if ((error & faultOnFetch) != 0) append('execute');
  else if (isInMemory(address)) append('memory');
  else if (address >= context().stackGuard && address < context().stackStart) append('stack');
  else append((error & faultOnWrite) != 0 ? 'write' : 'read');
}

function appendKind(signal: i32, info: i64, machine: i64, rip: u64): void {
  switch (signal) {
    case SIGILL: appendTrapCode(rip); break;
    case SIGFPE: append('arithmetic'); break;
    case SIGBUS: append('bus'); break;
    case SIGSYS:
      if (peek32(info + infoArchitecture) != architectureX86) append('foreign-');
      append('system-call-');
      appendNumber(<u64>(<u32>peek32(info + infoSystemCall)));
      break;
    default:
      if (peek64(machine + contextTrapNumber) == generalProtection) append('protection');
      else appendAccess(peek64(info + infoAddress), peek64(machine + contextError));
  }
}

/** The instruction before a return address is a call: E8 with 32-bit distance, or FF /2 with any operand. */
function followsCall(address: u64): bool {
  if (!isText(address) || !isText(address - 7)) return false;
  if (textByte(address - 5) == 0xe8) return true;
  for (let length: u64 = 2; length <= 7; length++) {
    if (textByte(address - length) == 0xff && ((textByte(address - length + 1) >> 3) & 7) == 2) return true;
  }
  return false;
}

/** Compiled code keeps no frame pointers: whatever on the stack looks like a return address is reported. */
export function appendCallers(rsp: u64): void {
  if (rsp >= context().stackEnd) return;
  let at = (max(rsp, context().stackStart) + 7) & ~(<u64>7);
  const end = min(context().stackEnd, at + searchedBytes);
  for (let found = 0; at < end && found < maximumCallers; at += 8) {
    const value: u64 = peek64(at + context().stackOffset);
    if (!followsCall(value)) continue;
    appendByte(32);
    appendHex(value);
    found++;
  }
}

export function on_signal(signal: i32, info: i64, machine: i64): void {
  const rip: u64 = peek64(machine + contextRip);
  const hasAddress = signal == SIGSEGV || signal == SIGBUS;
  beginText(trapText, trapTextBytes);
  append(context().isMonitor != 0 ? 'monitor ' : 'trap ');
  appendKind(signal, info, machine, rip);
  append(' at ');
  appendHex(rip);
  append(' address ');
  appendHex(hasAddress ? peek64(info + infoAddress) : 0);
  appendCallers(peek64(machine + contextRsp));
  appendByte(10);
  write(trapDescriptor, native(trapText), textLength());
  exitGroup(128 + signal);
}

const SIG_IGN: i64 = 1;
const actionFlags: u64 = 0x4 | 0x0800_0000 | 0x0400_0000; // SA_SIGINFO | SA_ONSTACK | SA_RESTORER
const signalSetBytes: i64 = 8;

function setAction(signal: i32, handler: i64, flags: u64): void {
  // struct kernel_sigaction: handler, flags, restorer, mask. The kernel wants a restorer; the handler never returns.
  store<u64>(trapText, handler);
  store<u64>(trapText, flags, 8);
  store<u64>(trapText, handler, 16);
  store<u64>(trapText, 0, 24);
  rtSigaction(signal, native(trapText), 0, signalSetBytes);
}

/** Set once; an instance inherits it. */
export function installTrapHandler(): void {
  // stack_t: pointer, flags, size
  store<u64>(trapText, native(signalStack));
  store<u64>(trapText, 0, 8);
  store<u64>(trapText, signalStackBytes, 16);
  sigaltstack(native(trapText), 0);
  const entry = signalEntry();
  setAction(SIGILL, entry, actionFlags);
  setAction(SIGBUS, entry, actionFlags);
  setAction(SIGFPE, entry, actionFlags);
  setAction(SIGSEGV, entry, actionFlags);
  setAction(SIGSYS, entry, actionFlags);
  setAction(SIGPIPE, SIG_IGN, 0);
}
