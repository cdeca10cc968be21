/** The native tender: `serve SOCKETPATH GRACE`, `run SPECFILE` or `probe` (docs/tender.md). */
import { append, appendByte, beginText, textLength } from './text';
import { argumentIs, readArgument, wipeEnvironment } from './arguments';
import { endBoot } from './boot';
import { reserveDescriptors } from './descriptors';
import { scratch, staticEnd } from './layout';
import { probe } from './hvt/probe';
import { exitGroup, native, prctl, write } from './linux';
import { run } from './run';
import { serve } from './serve';
import { installTrapHandler } from './trap';

export { on_signal } from './trap';

const PR_SET_THP_DISABLE: i32 = 41;

function endWithUsage(): void {
  beginText(scratch, 128);
  append('usage: diatom-tender serve SOCKETPATH CLIENT_GRACE_MS | run SPECFILE | probe');
  appendByte(10);
  write(2, native(scratch), textLength());
  exitGroup(64);
}

export function _start(): void {
  // The layout and the compiler's constants must not meet.
  if (__heap_base > staticEnd) unreachable();
  wipeEnvironment();
  // Sparse memories stay small: one touched byte must not cost 2 MiB.
  prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  installTrapHandler();
  if (!reserveDescriptors()) endBoot();
  const mode = readArgument(1);
  if (argumentIs(mode, 'serve')) serve();
  else if (argumentIs(mode, 'run')) run();
  else if (argumentIs(mode, 'probe')) probe();
  endWithUsage();
}
