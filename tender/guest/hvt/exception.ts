/** An exception of the guest, told like a signal of an image in its own process (`../trap.ts`). */
import { append, appendHex } from '../text';
import { SIGBUS, SIGFPE, SIGILL, SIGSEGV } from '../linux';
import { appendAccess, appendCallers, appendTrapCode } from '../trap';
import { drainConsole } from './console';
import { machinePointer } from './layout';
import { exceptionFrame, faultAddress } from './processor';
import { beginLine, endMachine, endWithLine } from './verdict';

// Intel SDM vol. 3, table 6-1
namespace Vector {
  export const divide: u64 = 0;
  export const nonMaskable: u64 = 2;
  export const invalidOpcode: u64 = 6;
  export const doubleFault: u64 = 8;
  export const stackSegment: u64 = 12;
  export const protection: u64 = 13;
  export const pageFault: u64 = 14;
  export const floatingPoint: u64 = 16;
  export const alignment: u64 = 17;
  export const vectorFloatingPoint: u64 = 19;
}

const userCode: u64 = 0x33;

function signalOf(vector: u64): i32 {
  switch (<i32>vector) {
    case <i32>Vector.divide:
    case <i32>Vector.floatingPoint:
    case <i32>Vector.vectorFloatingPoint:
      return SIGFPE;
    case <i32>Vector.stackSegment:
    case <i32>Vector.alignment:
      return SIGBUS;
    case <i32>Vector.protection:
    case <i32>Vector.pageFault:
      return SIGSEGV;
    default:
      return SIGILL;
  }
}

export function endByException(): void {
  const frame = machinePointer(exceptionFrame);
  const vector = load<u64>(frame);
  const error = load<u64>(frame, 8);
  const rip = load<u64>(frame, 16);
  // The stubs of ring 0 raise nothing themselves.
  if (vector == Vector.doubleFault || vector == Vector.nonMaskable || load<u64>(frame, 24) != userCode) {
    endMachine('raised an exception outside of the image', vector);
  }
  drainConsole();
  const signal = signalOf(vector);
  const address = vector == Vector.pageFault ? faultAddress() : 0;
  beginLine('trap ');
  if (vector == Vector.pageFault) appendAccess(address, error);
  else if (vector == Vector.protection) append('protection');
  else if (signal == SIGFPE) append('arithmetic');
  else if (signal == SIGBUS) append('bus');
  else appendTrapCode(rip);
  append(' at ');
  appendHex(rip);
  append(' address ');
  appendHex(address);
  appendCallers(load<u64>(frame, 40));
  endWithLine(128 + signal);
}
