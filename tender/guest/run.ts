/** `run SPECFILE`: this process becomes the image; console and trap report are its own outputs. */
import { becomeImage, endBoot } from './boot';
import { fail, failWith } from './failure';
import { readArgument } from './arguments';
import { argumentBuffer, inputBuffer, maximumFrame } from './layout';
import { AT_FDCWD, close, native, O_CLOEXEC, openat, prctl, read, SIGKILL } from './linux';
import { becomeMonitor } from './hvt/monitor';
import { createSlot } from './slots';

const PR_SET_PDEATHSIG: i32 = 1;

/** Length of the spec, now in `inputBuffer`; 0 and the reason in `failure`. */
function readSpec(): usize {
  if (readArgument(2) < 1) {
    fail('InvalidSpec', 'usage: run SPECFILE');
    return 0;
  }
  const fd = openat(AT_FDCWD, native(argumentBuffer), O_CLOEXEC, 0);
  if (fd < 0) {
    failWith('InvalidSpec', 'the spec file cannot be opened', fd);
    return 0;
  }
  let length: usize = 0;
  while (length < maximumFrame) {
    const count = read(fd, native(inputBuffer + length), maximumFrame - length);
    if (count <= 0) break;
    length += <usize>count;
  }
  close(fd);
  if (length == 0) fail('InvalidSpec', 'the spec file is empty');
  return length;
}

export function run(): void {
  const length = readSpec();
  if (length == 0) endBoot();
  const slot = createSlot(inputBuffer, length, false);
  if (!slot) return endBoot();
  if (slot.isLazy || slot.isPerConnection || slot.timeLimitNs != 0) {
    fail('InvalidSpec', 'an image that is run by itself boots at once and is not watched: no lazy boot, no time limit');
    endBoot();
  }
  if (slot.egressPathLength != 0) {
    fail('InvalidSpec', 'an image that is run by itself has nobody to make outgoing connections');
    endBoot();
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (slot.isMachine) becomeMonitor(slot, false, -1, -1, 0);
  else becomeImage(slot, false, -1);
}
