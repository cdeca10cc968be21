/** Listening sockets of a slot. */
import { append, appendByte, appendHex, appendNumber } from './text';
import { appendError, fail } from './failure';
import { scratch } from './layout';
import { AF_INET, AF_INET6, bind, listen, native, setsockopt, shutdown, socket, STREAM_SOCKET } from './linux';
import { listeningFd, maximumListening, setListeningFd, Slot } from './slot';
import { listenEntry } from './spec';
import { closeWatched } from './watch';

const backlog: i32 = 4096;
const SOL_SOCKET: i32 = 1;
const SO_REUSEADDR: i32 = 2;
const IPPROTO_TCP: i32 = 6;
const TCP_NODELAY: i32 = 1;
const IPPROTO_IPV6: i32 = 41;
const IPV6_V6ONLY: i32 = 26;
const SHUT_RDWR: i32 = 2;

const addressBuffer: usize = scratch + 64;
const optionBuffer: usize = scratch + 128;

function setOption(fd: i64, level: i32, option: i32): void {
  store<i32>(optionBuffer, 1);
  setsockopt(fd, level, option, native(optionBuffer), 4);
}

/** sockaddr_in or sockaddr_in6 of the entry in `addressBuffer`; returns its length. */
function writeAddress(entry: usize): i32 {
  memory.fill(addressBuffer, 0, 28);
  store<u16>(addressBuffer, load<u16>(entry) == 4 ? <u16>AF_INET : <u16>AF_INET6);
  store<u16>(addressBuffer, bswap<u16>(load<u16>(entry, 4)), 2);
  if (load<u16>(entry) == 4) {
    store<u32>(addressBuffer, load<u32>(entry, 8), 4);
    return 16;
  }
  memory.copy(addressBuffer + 8, entry + 8, 16);
  return 28;
}

function failSocket(entry: usize, error: i64): bool {
  fail(error == -98 ? 'AddressInUse' : 'ListenFailed', 'cannot listen on ');
  const address = entry + 8;
  if (load<u16>(entry) == 4) {
    for (let i: usize = 0; i < 4; i++) {
      if (i > 0) appendByte(46);
      appendNumber(load<u8>(address + i));
    }
  } else {
    append('IPv6 address ');
    appendHex(bswap<u64>(load<u64>(address)));
    append(' ');
    appendHex(bswap<u64>(load<u64>(address, 8)));
  }
  append(' port ');
  appendNumber(load<u16>(entry, 4));
  appendError(error);
  return false;
}

export function openSockets(slot: Slot): bool {
  for (let i: u32 = 0; i < slot.listenCount; i++) {
    const entry = listenEntry(slot, i);
    const isVersion4 = load<u16>(entry) == 4;
    const fd = socket(isVersion4 ? AF_INET : AF_INET6, STREAM_SOCKET, 0);
    if (fd < 0) return failSocket(entry, fd);
    setListeningFd(slot, i, <i32>fd);
    setOption(fd, SOL_SOCKET, SO_REUSEADDR);
    setOption(fd, IPPROTO_TCP, TCP_NODELAY);
    if (!isVersion4) setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    const bound = bind(fd, native(addressBuffer), writeAddress(entry));
    if (bound < 0) return failSocket(entry, bound);
    const listened = listen(fd, backlog);
    if (listened < 0) return failSocket(entry, listened);
  }
  return true;
}

/** Also of a slot whose spec was refused: its count may be anything. */
export function closeSockets(slot: Slot): void {
  for (let i: u32 = 0; i < maximumListening; i++) {
    closeWatched(listeningFd(slot, i));
    setListeningFd(slot, i, -1);
  }
}

/** New connections are refused from now on; the image sees its listening sockets hang up. */
export function hangUpSockets(slot: Slot): void {
  for (let i: u32 = 0; i < slot.listenCount; i++) shutdown(listeningFd(slot, i), SHUT_RDWR);
}
