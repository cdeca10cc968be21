/** The kernel's virtual machine interface (linux/kvm.h): one machine, one processor. Results are -errno on failure. */
import { append, appendByte, beginText } from '../text';
import { generalRegisters, memoryRegion, runPage, runPageBytes, specialRegisters, vectorRegisters } from './layout';
import { AT_FDCWD, ioctl, MAP_FIXED, MAP_SHARED, mmap, native, O_CLOEXEC, O_RDWR, openat, PROT_READ, PROT_WRITE } from '../linux';
import { scratch } from '../layout';

const KVM_CREATE_VM: i64 = 0xae01;
const KVM_CREATE_VCPU: i64 = 0xae41;
const KVM_SET_USER_MEMORY_REGION: i64 = 0x4020_ae46;
const KVM_RUN: i64 = 0xae80;
const KVM_GET_REGS: i64 = 0x8090_ae81;
const KVM_SET_REGS: i64 = 0x4090_ae82;
const KVM_GET_SREGS: i64 = 0x8138_ae83;
const KVM_SET_SREGS: i64 = 0x4138_ae84;
const KVM_GET_XSAVE: i64 = 0x9000_aea4;
const KVM_SET_XSAVE: i64 = 0x5000_aea5;
const KVM_GET_TSC_KHZ: i64 = 0xaea3;

export namespace ExitReason {
  export const portAccess: u32 = 2;
  export const hlt: u32 = 5;
  export const deviceMemory: u32 = 6;
  export const shutdown: u32 = 8;
  export const failedEntry: u32 = 9;
  export const internalError: u32 = 17;
}

export let machineFd: i32 = -1;
export let processorFd: i32 = -1;
export let kvmFd: i32 = -1;

/** After `dup3` to where the filter expects them. */
export function setMachineDescriptors(machine: i32, processor: i32, kvm: i32): void {
  machineFd = machine;
  processorFd = processor;
  kvmFd = kvm;
}

export function openKvm(): i64 {
  beginText(scratch, 16);
  append('/dev/kvm');
  appendByte(0);
  return openat(AT_FDCWD, native(scratch), O_RDWR | O_CLOEXEC, 0);
}

/** The machine belongs to the process that makes it: no other can run it. */
export function createMachine(kvm: i64): i64 {
  const fd = ioctl(kvm, KVM_CREATE_VM, 0);
  machineFd = <i32>fd;
  return fd;
}

export function createProcessor(): i64 {
  const fd = ioctl(machineFd, KVM_CREATE_VCPU, 0);
  if (fd < 0) return fd;
  processorFd = <i32>fd;
  const mapped = mmap(native(runPage), runPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
  return mapped < 0 ? mapped : 0;
}

let regionCount: u32 = 0;

/** Guest-physical memory that is there from now on. */
export function addRegion(physical: u64, host: u64, length: u64): i64 {
  store<u32>(memoryRegion, regionCount);
  store<u32>(memoryRegion, 0, 4);
  store<u64>(memoryRegion, physical, 8);
  store<u64>(memoryRegion, length, 16);
  store<u64>(memoryRegion, host, 24);
  regionCount += 1;
  return ioctl(machineFd, KVM_SET_USER_MEMORY_REGION, native(memoryRegion));
}

/** A new machine has none. */
export function forgetRegions(): void {
  regionCount = 0;
}

/** 0 when the kernel does not know it. */
export function timestampKhz(): u64 {
  const khz = ioctl(processorFd, KVM_GET_TSC_KHZ, 0);
  return khz > 0 ? khz : 0;
}

export function readSpecialRegisters(): i64 {
  return ioctl(processorFd, KVM_GET_SREGS, native(specialRegisters));
}

export function writeSpecialRegisters(): i64 {
  return ioctl(processorFd, KVM_SET_SREGS, native(specialRegisters));
}

export function readGeneralRegisters(): i64 {
  return ioctl(processorFd, KVM_GET_REGS, native(generalRegisters));
}

export function writeGeneralRegisters(): i64 {
  return ioctl(processorFd, KVM_SET_REGS, native(generalRegisters));
}

/**
 * With the header of XSAVE, which says that there is something in them. KVM_SET_FPU leaves that of a new processor as it is:
 * "initial", and the registers are never loaded.
 */
export function readVectorRegisters(): i64 {
  return ioctl(processorFd, KVM_GET_XSAVE, native(vectorRegisters));
}

export function writeVectorRegisters(): i64 {
  return ioctl(processorFd, KVM_SET_XSAVE, native(vectorRegisters));
}

/** The next run ends at once, with what was left to do for the last exit done. */
export function setImmediateExit(isSet: bool): void {
  store<u8>(runPage, isSet ? 1 : 0, 1);
}

export function runProcessor(): i64 {
  return ioctl(processorFd, KVM_RUN, 0);
}

// struct kvm_run
export function exitReason(): u32 {
  return load<u32>(runPage, 8);
}
export function portIsOutput(): bool {
  return load<u8>(runPage, 32) == 1;
}
export function portWidth(): u32 {
  return load<u8>(runPage, 33);
}
export function portNumber(): u32 {
  return load<u16>(runPage, 34);
}
export function portCount(): u32 {
  return load<u32>(runPage, 36);
}
/** What was written: the offset is the kernel's word, on the page behind the first (arch/x86/kvm, KVM_PIO_PAGE_OFFSET). */
export function portValue(): u32 {
  const offset = load<u64>(runPage, 40);
  return offset <= <u64>(runPageBytes - 4) ? load<u32>(runPage + <usize>offset) : 0;
}
export function exitDetail(): u64 {
  return load<u64>(runPage, 32);
}
