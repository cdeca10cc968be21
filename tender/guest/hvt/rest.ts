/**
 * Rest: a guest that waits for long needs no virtual machine. The kernel keeps half a megabyte for one that has run; its
 * memory is the monitor's own and stays. The machine is made again, around the same memory, when there is something to do.
 */
import { close, EINTR, munmap, native } from '../linux';
import {
  addRegion,
  createMachine,
  createProcessor,
  forgetRegions,
  kvmFd,
  machineFd,
  processorFd,
  readGeneralRegisters,
  readSpecialRegisters,
  readVectorRegisters,
  runProcessor,
  setImmediateExit,
  writeGeneralRegisters,
  writeSpecialRegisters,
  writeVectorRegisters,
} from './kvm';
import { counterEpoch, hostAddress, runPage, runPageBytes } from './layout';
import { announcedBytes } from './place';
import { endMachine } from './verdict';

/** How long a guest has waited before its machine is given back. */
export const restAfterMs: i64 = 1000;

let isResting: bool = false;

function check(result: i64): void {
  if (result < 0) endMachine('cannot be put to rest or woken, error', <u64>-result);
}

export function rest(): void {
  if (isResting) return;
  // The write to the port is only finished by the next run (Documentation/virt/kvm/api.rst, KVM_RUN).
  setImmediateExit(true);
  const result = runProcessor();
  setImmediateExit(false);
  if (result != EINTR) endMachine('cannot be put to rest, result', <u64>result);
  check(readGeneralRegisters());
  check(readSpecialRegisters());
  check(readVectorRegisters());
  munmap(native(runPage), runPageBytes);
  close(processorFd);
  close(machineFd);
  isResting = true;
}

/** Both descriptors get the numbers they had: nothing lower is free. */
export function wake(): void {
  if (!isResting) return;
  isResting = false;
  const machine = machineFd;
  const processor = processorFd;
  check(createMachine(kvmFd));
  check(createProcessor());
  if (machineFd != machine || processorFd != processor) endMachine('has other descriptors than before', machineFd);
  forgetRegions();
  check(addRegion(0, hostAddress(0), announcedBytes()));
  check(writeSpecialRegisters());
  check(writeGeneralRegisters());
  check(writeVectorRegisters());
  // The new machine's counter began anew.
  store<u32>(counterEpoch, load<u32>(counterEpoch) + 1);
}
