/**
 * Open image files, one descriptor however many slots run the same file: every descriptor of the tender is one more that
 * a child has to close before it becomes an image (90 ns each).
 */
import { failWith } from './failure';
import { imageTable, pathBuffer, scratch } from './layout';
import { AT_FDCWD, close, fstat, native, O_CLOEXEC, O_NONBLOCK, openat } from './linux';
import { Slot } from './slot';

// @ts-ignore: decorators of AssemblyScript
@unmanaged
class ImageFile {
  device: u64;
  inode: u64;
  fd: i32;
  /** Slots that run it; 0: the place is free. */
  users: u32;
}

const entryBytes: usize = 24;
/** Places at and above this one have never been used. There are as many places as slots. */
let used: i32 = 0;

function entryAt(index: i32): ImageFile {
  return changetype<ImageFile>(imageTable + <usize>index * entryBytes);
}

/** Of the file itself when it is open already, else the first free place. */
function findPlace(device: u64, inode: u64): ImageFile {
  let free: i32 = used;
  for (let i = 0; i < used; i++) {
    const entry = entryAt(i);
    if (entry.users == 0) free = i;
    else if (entry.device == device && entry.inode == inode) return entry;
  }
  if (free == used) used++;
  return entryAt(free);
}

export function openImageFile(slot: Slot): bool {
  memory.copy(pathBuffer, slot.imagePath, slot.imagePathLength);
  store<u8>(pathBuffer + slot.imagePathLength, 0);
  // Non-blocking: a path to a pipe or device must not stop the tender.
  const fd = openat(AT_FDCWD, native(pathBuffer), O_CLOEXEC | O_NONBLOCK, 0);
  if (fd < 0) return failWith('ImageUnreadable', 'the image cannot be opened', fd);
  const examined = fstat(fd, native(scratch));
  if (examined < 0) {
    close(fd);
    return failWith('ImageUnreadable', 'the image cannot be examined', examined);
  }
  const entry = findPlace(load<u64>(scratch), load<u64>(scratch, 8));
  if (entry.users > 0) {
    close(fd);
  } else {
    entry.device = load<u64>(scratch);
    entry.inode = load<u64>(scratch, 8);
    entry.fd = <i32>fd;
  }
  entry.users += 1;
  slot.imageFd = entry.fd;
  return true;
}

export function releaseImageFile(slot: Slot): void {
  if (slot.imageFd < 0) return;
  for (let i = 0; i < used; i++) {
    const entry = entryAt(i);
    if (entry.users == 0 || entry.fd != slot.imageFd) continue;
    entry.users -= 1;
    if (entry.users == 0) close(entry.fd);
  }
  slot.imageFd = -1;
}
