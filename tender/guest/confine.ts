/** What a process gives up before it becomes an image. Each layer stands alone: see docs/tender.md. */
import { failWith } from './failure';
import { filterCopy, lastCalls, scratch } from './layout';
import {
  capset,
  close,
  landlockCreateRuleset,
  landlockRestrictSelf,
  native,
  prctl,
  prlimit,
  seccomp,
} from './linux';
import { Slot } from './slot';

const RLIMIT_FSIZE: i32 = 1;
const RLIMIT_DATA: i32 = 2;
const RLIMIT_STACK: i32 = 3;
const RLIMIT_CORE: i32 = 4;
const RLIMIT_NPROC: i32 = 6;
const RLIMIT_NOFILE: i32 = 7;
const RLIMIT_MEMLOCK: i32 = 8;

const PR_SET_DUMPABLE: i32 = 4;
const PR_SET_NO_NEW_PRIVS: i32 = 38;
const SECCOMP_SET_MODE_FILTER: i32 = 1;
const LANDLOCK_CREATE_RULESET_VERSION: i32 = 1;

const maximumDescriptors: u64 = 16_384;
/** Writable memory of the tender that the process keeps: globals, trap context, signal stack, the kernel's first stack. */
const ownMemory: u64 = 0x8_0000;
/** The tender's memory and page tables for the guest; a monitor maps nothing once it is confined. */
const monitorMemory: u64 = 0x1000_0000;
/** The kernel's first stack grows by itself and outside `RLIMIT_DATA`: no further than it has to. */
const firstStack: u64 = 0x4_0000;

function limit(resource: i32, value: u64): i64 {
  store<u64>(scratch, value);
  store<u64>(scratch, value, 8);
  return prlimit(0, resource, native(scratch), 0);
}

function limitDescriptors(): void {
  prlimit(0, RLIMIT_NOFILE, 0, native(scratch));
  const hard = load<u64>(scratch, 8);
  limit(RLIMIT_NOFILE, min(hard, maximumDescriptors));
}

/** `hasFileOutput`: the console may be a file of the caller's (`diatom run > file`). */
export function limitResources(slot: Slot, hasFileOutput: bool): bool {
  limitDescriptors();
  limit(RLIMIT_STACK, firstStack);
  limit(RLIMIT_CORE, 0);
  // A monitor's filter has no call that makes a process, but the kernel gives each virtual machine a thread of its own.
  if (!slot.isMachine) limit(RLIMIT_NPROC, 0);
  limit(RLIMIT_MEMLOCK, 0);
  if (!hasFileOutput) limit(RLIMIT_FSIZE, 0);
  const error = limit(RLIMIT_DATA, slot.memoryLimit + (slot.isMachine ? monitorMemory : ownMemory));
  return error == 0 || failWith('BootFailed', 'the memory limit cannot be set', error);
}

/** All rights on files, TCP ports, abstract sockets and signals that this kernel's Landlock knows; none is given back. */
function denyFiles(): void {
  const version = landlockCreateRuleset(0, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) return;
  const fileBits: i32 = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
  store<u64>(scratch, ((<u64>1) << fileBits) - 1);
  store<u64>(scratch, 3, 8);
  store<u64>(scratch, 3, 16);
  const size: i64 = version >= 6 ? 24 : version >= 4 ? 16 : 8;
  const ruleset = landlockCreateRuleset(native(scratch), size, 0);
  if (ruleset < 0) return;
  landlockRestrictSelf(ruleset, 0);
  close(ruleset);
}

function dropCapabilities(): void {
  store<u32>(scratch, 0x2008_0522); // _LINUX_CAPABILITY_VERSION_3
  store<u32>(scratch, 0, 4);
  memory.fill(scratch + 8, 0, 24);
  capset(native(scratch), native(scratch + 8));
}

/** `isPrivate`: not even the same user may look into the process. */
export function dropRights(isPrivate: bool): bool {
  const error = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  if (error < 0) return failWith('BootFailed', 'new privileges cannot be ruled out', error);
  denyFiles();
  dropCapabilities();
  if (isPrivate) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  return true;
}

/** The last call but one of a process that becomes an image; its filter has been copied to `filterCopy`. */
export function installFilter(filterLength: u32): i64 {
  // struct sock_fprog: u16 length, pointer
  store<u64>(lastCalls, filterLength >> 3);
  store<u64>(lastCalls, native(filterCopy), 8);
  return seccomp(SECCOMP_SET_MODE_FILTER, 0, native(lastCalls));
}
