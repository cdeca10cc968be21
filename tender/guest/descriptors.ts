/** Descriptors below `descriptorsReserved` are the image's; the tender opens its own above them. */
import { failWith } from './failure';
import { pathBuffer } from './layout';
import { AT_FDCWD, dup3, native, O_CLOEXEC, O_RDWR, openat } from './linux';
import { append, appendByte, beginText } from './text';

export const descriptorsReserved: i32 = 32;

/** Descriptor 0 and the places of an image's epoll and listening sockets hold `/dev/null` until a child needs them. */
export function reserveDescriptors(): bool {
  beginText(pathBuffer, 16);
  append('/dev/null');
  appendByte(0);
  const none = openat(AT_FDCWD, native(pathBuffer), O_RDWR | O_CLOEXEC, 0);
  if (none < 0) return failWith('StartFailed', '/dev/null cannot be opened', none);
  if (none != 0) dup3(none, 0, 0);
  for (let fd = 3; fd < descriptorsReserved; fd++) if (fd != <i32>none) dup3(none, fd, O_CLOEXEC);
  return true;
}

/** The caller's outputs, for a tender that goes on without it. */
export function dropOutputs(): void {
  dup3(0, 1, 0);
  dup3(0, 2, 0);
}
