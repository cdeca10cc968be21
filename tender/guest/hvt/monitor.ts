/** A process becomes the monitor of one virtual machine with an image in it, and never comes back. */
import { append, appendByte, beginText, textLength } from '../text';
import { bootFailedStatus, endBoot, nameProcess } from '../boot';
import { dropRights, installFilter, limitResources } from '../confine';
import { Plan } from '../elf';
import { failWith } from '../failure';
import { droppedStart, filterCopy, monitorStart, scratch, trapText, trapTextBytes } from '../layout';
import {
  closeRange,
  dup3,
  epollCreate,
  exitGroup,
  MAP_ANONYMOUS,
  MAP_FIXED,
  MAP_PRIVATE,
  mmap,
  munmap,
  native,
  PROT_READ,
  PROT_WRITE,
  rtSigprocmask,
  write,
} from '../linux';
import { arrangeFor, epollDescriptor, firstListeningDescriptor, requestsDescriptor } from '../place';
import { listeningFd, Slot } from '../slot';
import { context } from '../trap';
import { createBuffers } from './buffers';
import { describeCounter, refreshEntropy } from './clocks';
import { createCommands } from './commands';
import { createMachine, createProcessor, kvmFd, machineFd, openKvm, processorFd, setMachineDescriptors } from './kvm';
import { serveSingle } from './listeners';
import { bootBlockAddress, placeInMachine } from './place';
import { rootTable } from './page-tables';
import { setUpProcessor } from './processor';
import { runMachine } from './run-loop';

const SIG_SETMASK: i32 = 2;
const lastDescriptor: i64 = 0xffff_ffff;
/** What of the tender's working memory a monitor goes on using, empty: everything up to the event buffer. */
const workBytes: u64 = 0x3000;

function makeMachine(): bool {
  const kvm = openKvm();
  if (kvm < 0) return failWith('BootFailed', '/dev/kvm cannot be opened', kvm);
  let error = createMachine(kvm);
  if (error < 0) return failWith('BootFailed', 'the kernel makes no virtual machine', error);
  error = createProcessor();
  setMachineDescriptors(machineFd, processorFd, <i32>kvm);
  return error >= 0 || failWith('BootFailed', 'the virtual machine gets no processor', error);
}

/** 3 epoll, the socket for outgoing connections if there is one, then the listening sockets, machine, processor, KVM and, if there is one, the connection it is for. */
function arrangeDescriptors(slot: Slot, requests: i32, connection: i32): bool {
  const first = firstListeningDescriptor + <i32>slot.listenCount;
  const epoll = epollCreate(0);
  if (epoll < 0) return failWith('BootFailed', 'no epoll descriptor', epoll);
  // All of these are above what is overwritten now (`descriptors.ts`).
  dup3(epoll, epollDescriptor, 0);
  if (requests >= 0) dup3(requests, requestsDescriptor, 0);
  for (let i: u32 = 0; i < slot.listenCount; i++) {
    const moved = dup3(listeningFd(slot, i), firstListeningDescriptor + i, 0);
    if (moved < 0) return failWith('BootFailed', 'a listening socket cannot be handed over', moved);
  }
  dup3(machineFd, first, 0);
  dup3(processorFd, first + 1, 0);
  dup3(kvmFd, first + 2, 0);
  if (connection >= 0) dup3(connection, first + 3, 0);
  setMachineDescriptors(first, first + 1, first + 2);
  const error = closeRange(first + (connection < 0 ? 3 : 4), lastDescriptor, 0);
  return error == 0 || failWith('BootFailed', 'the tender\'s descriptors cannot be closed', error);
}

function setUp(slot: Slot): bool {
  if (!makeMachine() || !placeInMachine(slot)) return false;
  const error = setUpProcessor(rootTable, changetype<Plan>(slot.plan).entry, context().stackEnd, bootBlockAddress());
  return error >= 0 || failWith('BootFailed', 'the processor does not take its first state', error);
}

/**
 * `requests`: its end of the socket on which it asks for outgoing connections, -1: none. `connection`: the only one this machine is for, from listening socket `listener`; -1: it accepts itself.
 */
export function becomeMonitor(slot: Slot, isServed: bool, requests: i32, connection: i32, listener: u32): void {
  store<u64>(scratch, 0);
  rtSigprocmask(SIG_SETMASK, native(scratch), 0, 8);
  nameProcess(slot);
  arrangeFor(slot);
  if (!setUp(slot) || !arrangeDescriptors(slot, requests, connection) || !limitResources(slot, !isServed) || !dropRights(isServed)) endBoot();
  createBuffers();
  createCommands(slot.listenCount);
  if (connection >= 0) serveSingle(firstListeningDescriptor + <i32>slot.listenCount + 3, listener);
  describeCounter();
  refreshEntropy();
  context().isMonitor = 1;

  // From here on nothing of other slots is there any more.
  const filterLength = slot.filterLength;
  memory.copy(filterCopy, slot.filter, filterLength);
  munmap(native(droppedStart), monitorStart - droppedStart);
  mmap(native(droppedStart), workBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
  if (installFilter(filterLength) < 0) {
    beginText(trapText, trapTextBytes);
    append('boot: the kernel does not take the system-call filter');
    appendByte(10);
    write(2, native(trapText), textLength());
    exitGroup(bootFailedStatus);
  }
  runMachine();
}
