/** Runs the guest and serves its hypercalls (docs/hvt.md) until it ends. */
import { EINTR, exitGroup } from '../linux';
import { refreshClocks, refreshEntropy } from './clocks';
import { workOffCommands } from './commands';
import { openConnection } from './connections';
import { drainConsole } from './console';
import { endByException } from './exception';
import { grow } from './grow';
import { exitDetail, ExitReason, exitReason, portCount, portIsOutput, portNumber, portValue, portWidth, runProcessor } from './kvm';
import { bufferBytes, receiveHandle, receiveLength } from './layout';
import { connectOut } from './outgoing';
import { exceptionPort } from './processor';
import { receiveOnDemand } from './transfer';
import { endByRule, endMachine } from './verdict';
import { deliverRest, waitForEvents } from './wait';

namespace Port {
  export const wait: u32 = 0x10;
  export const flush: u32 = 0x11;
  export const grow: u32 = 0x12;
  export const exit: u32 = 0x13;
  export const entropy: u32 = 0x14;
  export const receive: u32 = 0x15;
  export const connect: u32 = 0x16;
}

function receive(): void {
  const handle = load<u32>(receiveHandle);
  const length = load<u32>(receiveLength);
  const connection = openConnection(handle);
  if (!connection) return endByRule('receive: the handle is an open connection', handle);
  store<i32>(receiveLength, receiveOnDemand(connection, min(length, <u32>bufferBytes)));
}

function end(status: u32): void {
  deliverRest();
  exitGroup(status & 255);
}

function onPort(): void {
  const port = portNumber();
  if (port == exceptionPort) return endByException();
  if (!portIsOutput() || portWidth() != 4 || portCount() != 1) endByRule('a hypercall writes four bytes to its port once', port);
  // Code of the compiler makes this one, behind the back of the bindings: clocks and rings stay as they believe them to be.
  if (port == Port.grow) return grow();
  workOffCommands();
  drainConsole();
  switch (port) {
    case Port.wait: waitForEvents(); break;
    case Port.flush: break;
    case Port.exit: end(portValue()); break;
    case Port.entropy: refreshEntropy(); break;
    case Port.receive: receive(); break;
    case Port.connect: connectOut(); break;
    default: endByRule('a hypercall has a port from 16 to 22', port);
  }
  refreshClocks();
}

function describeExit(reason: u32): string {
  switch (reason) {
    case ExitReason.shutdown: return 'stopped by a triple fault, exit reason';
    case ExitReason.deviceMemory: return 'reached for memory that is not there, exit reason';
    case ExitReason.failedEntry: return 'has a state the processor does not take, exit reason';
    case ExitReason.internalError: return 'did something the kernel\'s virtual machine monitor cannot follow, exit reason';
    case ExitReason.hlt: return 'halted, exit reason';
    default: return 'stopped for a reason nobody knows, exit reason';
  }
}

export function runMachine(): void {
  refreshClocks();
  while (true) {
    const error = runProcessor();
    if (error == EINTR) continue;
    if (error < 0) endMachine('cannot be run, error', <u64>-error);
    const reason = exitReason();
    if (reason == ExitReason.portAccess) onPort();
    else endMachine(describeExit(reason), reason == ExitReason.internalError ? exitDetail() & 0xffff_ffff : reason);
  }
}
