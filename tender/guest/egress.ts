/**
 * Outgoing connections (docs/tender.md). An instance asks on a socket of its own, its *channel*; the tender connects to the
 * slot's egress, tells it the slot's policy and what is wanted, waits for its answer and hands the connection over. What
 * is wanted the egress judges; here is only seen to it that no instance can take what belongs to others: descriptors,
 * places in the tables, the tender's time.
 */
import { monotonic } from './clock';
import { channelTable, dialTable, egressBuffer } from './layout';
import {
  AF_UNIX,
  close,
  connect,
  EAGAIN,
  EINTR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  MSG_NOSIGNAL,
  native,
  recvfrom,
  sendmsg,
  sendto,
  SEQUENCED_PACKETS,
  setsockopt,
  socket,
  socketpair,
  STREAM_SOCKET,
} from './linux';
import { failWith } from './failure';
import { logLines } from './log';
import { Slot, slotAt, slotIndex } from './slot';
import { append, appendByte, appendBytes, beginText, textLength } from './text';
import { closeWatched, unwatch, watchChannel, watchDial } from './watch';

/** Asked for and not answered, of one instance: further requests wait in its socket. */
const mostDialsPerChannel: u32 = 16;
const mostChannels: i32 = 5120;
const mostDials: i32 = 4096;
/** Requests taken at once, before others get their turn. */
const requestBatch: i32 = 16;
/** Requests of one instance: so many at once, and so many a second after that. */
const burst: u64 = 512;
const refillNs: u64 = 1_000_000_000 / 512;
const pauseNs: u64 = 50_000_000;
/** Lines about connections that did not come about, of one slot: so many at once, and one in ten seconds after that. */
const lineBurst: u32 = 5;
const lineNs: u64 = 10_000_000_000;

const longestTarget: usize = 300;
const longestReason: usize = 400;
/** Of answers that an instance has not read: each may hold a connection. The kernel makes it a few. */
const answerBytes: i32 = 4096;

const SOL_SOCKET: i32 = 1;
const SO_SNDBUF: i32 = 7;
const SCM_RIGHTS: i32 = 1;

/** Answers to an instance, by the numbers of libos/abi.ts. */
const connected: i32 = 0;
const denied: i32 = -4;
const refused: i32 = -6;
/** First byte of the egress's answer (`tender/egress/egress.ts`). */
const answerConnected: u32 = 0x6b;
const answerDenied: u32 = 0x64;
/** Of a dial: the egress has not answered. */
const unanswered: i32 = 1;

// @ts-ignore: decorators of AssemblyScript
@unmanaged
class Channel {
  /** The tender's end; -1: closed, the place is still its owner's, which has not noticed; 0: the place is free. */
  fd: i32;
  /** The instance's end, until it has been forked; -1 then. */
  childFd: i32;
  slot: i32;
  /** Tells events of an earlier user of this place from today's. */
  generation: u32;
  dialCount: u32;
  /** Requests it may make now. */
  tokens: u32;
  refilledAt: u64;
  /** Monotonic nanoseconds. Nobody looks at its requests until then; 0: somebody does, or an answered dial resumes it. */
  resumeAt: u64;
  /** An answer waits for room in it. */
  isBlocked: bool;
  isPaused: bool;
}

// @ts-ignore: decorators of AssemblyScript
@unmanaged
class Dial {
  /** To the egress, -1 when that has failed; `isUsed` says whether the place is free. */
  fd: i32;
  channel: i32;
  generation: u32;
  /** The instance's number for it. */
  id: u32;
  answer: i32;
  isUsed: bool;
}

const channelBytes: usize = 56;
const dialBytes: usize = 24;

// In `egressBuffer`: one at a time.
const packet: usize = egressBuffer;
const message: usize = egressBuffer + 0x200;
const control: usize = egressBuffer + 0x280;
const answer: usize = egressBuffer + 0x2c0;
const reason: usize = egressBuffer + 0x300;
const sentence: usize = egressBuffer + 0x600;
const sentenceBytes: usize = 0x400;
const address: usize = egressBuffer + 0xa00;
const header: usize = egressBuffer + 0x1000;
const headerBytes: usize = 0x5000;

let channelsUsed: i32 = 0;
let dialsUsed: i32 = 0;
/** When a paused channel goes on; monotonic nanoseconds, 0: none waits for the time. */
export let nextChannelDue: u64 = 0;

function channelAt(index: i32): Channel {
  return changetype<Channel>(channelTable + <usize>index * channelBytes);
}

function channelIndex(channel: Channel): i32 {
  return <i32>((changetype<usize>(channel) - channelTable) / channelBytes);
}

function dialAt(index: i32): Dial {
  return changetype<Dial>(dialTable + <usize>index * dialBytes);
}

function dialIndex(dial: Dial): i32 {
  return <i32>((changetype<usize>(dial) - dialTable) / dialBytes);
}

function freeChannel(): i32 {
  for (let i = 0; i < channelsUsed; i++) if (channelAt(i).fd == 0) return i;
  return channelsUsed < mostChannels ? channelsUsed++ : -1;
}

/** -1: there is none. */
function freeDial(): i32 {
  for (let i = 0; i < dialsUsed; i++) if (!dialAt(i).isUsed) return i;
  return dialsUsed < mostDials ? dialsUsed : -1;
}

function takeDial(index: i32, channel: Channel, id: u32): Dial {
  if (index == dialsUsed) dialsUsed++;
  const dial = dialAt(index);
  dial.isUsed = true;
  dial.fd = -1;
  dial.channel = channelIndex(channel);
  dial.generation = (dial.generation + 1) & 0xffffff;
  dial.id = id;
  dial.answer = unanswered;
  channel.dialCount += 1;
  return dial;
}

function releaseDial(channel: Channel, dial: Dial): void {
  if (dial.fd >= 0) closeWatched(dial.fd);
  dial.isUsed = false;
  channel.dialCount -= 1;
}

/** Of a slot with an egress; -1 and the reason in `failure` when there can be none. */
export function openChannel(slot: Slot): i32 {
  const index = freeChannel();
  if (index < 0) {
    failWith('BootFailed', 'no place for another instance with outgoing connections', -24);
    return -1;
  }
  const error = socketpair(AF_UNIX, SEQUENCED_PACKETS, 0, native(packet));
  if (error < 0) {
    failWith('BootFailed', 'no socket to ask for outgoing connections on', error);
    return -1;
  }
  const channel = channelAt(index);
  const generation = (channel.generation + 1) & 0xffffff;
  memory.fill(changetype<usize>(channel), 0, channelBytes);
  channel.fd = load<i32>(packet);
  channel.childFd = load<i32>(packet, 4);
  channel.slot = slotIndex(slot);
  channel.generation = generation;
  channel.tokens = <u32>burst;
  channel.refilledAt = monotonic();
  store<i32>(message, answerBytes);
  setsockopt(channel.fd, SOL_SOCKET, SO_SNDBUF, native(message), 4);
  watchChannel(channel.fd, <u32>index, generation, EPOLLIN, true);
  return index;
}

/** The instance's end, for the child to take. */
export function childEnd(index: i32): i32 {
  return index < 0 ? -1 : channelAt(index).childFd;
}

/** After the fork: the child has it. */
export function closeChildEnd(index: i32): void {
  if (index < 0) return;
  const channel = channelAt(index);
  if (channel.childFd >= 0) close(channel.childFd);
  channel.childFd = -1;
}

/** What it was waiting for is dropped; what it has it keeps. The place stays its owner's: another's must not be closed for it. */
function endChannel(index: i32): void {
  const channel = channelAt(index);
  if (channel.fd <= 0) return;
  for (let i = 0; i < dialsUsed && channel.dialCount > 0; i++) {
    const dial = dialAt(i);
    if (dial.isUsed && dial.channel == index) releaseDial(channel, dial);
  }
  closeChildEnd(index);
  closeWatched(channel.fd);
  channel.fd = -1;
}

/** By its owner, once. */
export function closeChannel(index: i32): void {
  if (index < 0) return;
  endChannel(index);
  channelAt(index).fd = 0;
}

function rewatch(channel: Channel): void {
  const mask = (channel.isPaused ? 0 : EPOLLIN) | (channel.isBlocked ? EPOLLOUT : 0);
  watchChannel(channel.fd, <u32>channelIndex(channel), channel.generation, mask, false);
}

function pause(channel: Channel, until: u64): void {
  channel.resumeAt = until;
  if (until != 0 && (nextChannelDue == 0 || until < nextChannelDue)) nextChannelDue = until;
  if (channel.isPaused) return;
  channel.isPaused = true;
  rewatch(channel);
}

function resume(channel: Channel): void {
  channel.resumeAt = 0;
  if (!channel.isPaused) return;
  channel.isPaused = false;
  rewatch(channel);
}

/** Returns when to look again, 0: never. */
export function resumeChannels(now: u64): u64 {
  if (nextChannelDue == 0 || now < nextChannelDue) return nextChannelDue;
  nextChannelDue = 0;
  for (let i = 0; i < channelsUsed; i++) {
    const channel = channelAt(i);
    if (channel.fd <= 0 || channel.resumeAt == 0) continue;
    if (channel.resumeAt <= now) resume(channel);
    else if (nextChannelDue == 0 || channel.resumeAt < nextChannelDue) nextChannelDue = channel.resumeAt;
  }
  return nextChannelDue;
}

function mayAsk(channel: Channel): bool {
  if (channel.tokens > 0) return true;
  const refill = (monotonic() - channel.refilledAt) / refillNs;
  channel.refilledAt += refill * refillNs;
  channel.tokens = <u32>min(burst, refill);
  return channel.tokens > 0;
}

/** One line on the slot's log; most of a flood is left out. */
function tell(slot: Slot, text: usize, length: usize): void {
  const now = monotonic();
  const refill = slot.linesRefilledAt == 0 ? <u64>lineBurst : (now - slot.linesRefilledAt) / lineNs;
  if (refill > 0) {
    slot.lineTokens = <u32>min<u64>(lineBurst, <u64>slot.lineTokens + refill);
    slot.linesRefilledAt = now;
  }
  if (slot.lineTokens == 0 || slot.logFd < 0) return;
  slot.lineTokens -= 1;
  beginText(sentence, sentenceBytes);
  appendBytes(text, length);
  appendByte(10);
  // The writer of lines builds texts of its own.
  const whole = textLength();
  logLines(slot, true, sentence, whole);
}

function tellText(slot: Slot, text: string): void {
  beginText(reason, longestReason);
  append(text);
  tell(slot, reason, textLength());
}

/** struct msghdr with one iovec and, for a connection, one descriptor. */
function sendAnswer(channel: Channel, dial: Dial): i64 {
  store<u32>(answer, dial.id);
  store<i32>(answer, dial.answer, 4);
  store<u64>(answer, native(answer), 8);
  store<u64>(answer, 8, 16);
  memory.fill(message, 0, 56);
  store<u64>(message, native(answer + 8), 16);
  store<u64>(message, 1, 24);
  if (dial.answer == connected) {
    store<u64>(control, 20);
    store<i32>(control, SOL_SOCKET, 8);
    store<i32>(control, SCM_RIGHTS, 12);
    store<i32>(control, dial.fd, 16);
    store<u64>(message, native(control), 32);
    store<u64>(message, 24, 40);
  }
  return sendmsg(channel.fd, native(message), MSG_NOSIGNAL);
}

/** Hands an answered dial over; one that finds no room waits for it. */
function deliver(channel: Channel, dial: Dial): void {
  let sent = sendAnswer(channel, dial);
  if (sent < 0 && sent != EAGAIN && dial.fd >= 0) {
    // The kernel lets only so many descriptors of a user be on their way (unix(7), ETOOMANYREFS): not this instance's fault.
    closeWatched(dial.fd);
    dial.fd = -1;
    dial.answer = refused;
    sent = sendAnswer(channel, dial);
  }
  if (sent == EAGAIN) {
    if (!channel.isBlocked) {
      channel.isBlocked = true;
      rewatch(channel);
    }
    return;
  }
  releaseDial(channel, dial);
  if (sent < 0) return endChannel(channelIndex(channel));
  if (channel.isPaused && channel.resumeAt == 0) resume(channel);
}

function finish(channel: Channel, dial: Dial, result: i32): void {
  dial.answer = result;
  if (result != connected && dial.fd >= 0) {
    closeWatched(dial.fd);
    dial.fd = -1;
  }
  deliver(channel, dial);
}

function isText(pointer: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i++) {
    const byte: u32 = load<u8>(pointer + i);
    if (byte <= 0x20 || byte > 0x7e) return false;
  }
  return length > 0;
}

/** A connection to the egress with the header on its way; -errno. */
function callEgress(slot: Slot, target: usize, length: usize): i64 {
  const fd = socket(AF_UNIX, STREAM_SOCKET, 0);
  if (fd < 0) return fd;
  store<u16>(address, AF_UNIX);
  memory.copy(address + 2, slot.egressPath, slot.egressPathLength);
  store<u8>(address + 2 + slot.egressPathLength, 0);
  let error = connect(fd, native(address), <i64>slot.egressPathLength + 3);
  if (error >= 0) {
    beginText(header, headerBytes);
    appendBytes(slot.egressPolicy, slot.egressPolicyLength);
    appendByte(10);
    appendBytes(target, length);
    appendByte(10);
    const size = <i64>textLength();
    error = sendto(fd, native(header), size, MSG_NOSIGNAL, 0, 0) == size ? 0 : EAGAIN;
  }
  if (error >= 0) return fd;
  close(fd);
  return error;
}

function startDial(channel: Channel, dial: Dial, target: usize, length: usize): void {
  const slot = slotAt(channel.slot);
  const fd = callEgress(slot, target, length);
  if (fd < 0) {
    tellText(slot, 'no outgoing connection: what makes them on this machine does not answer');
    return finish(channel, dial, refused);
  }
  dial.fd = <i32>fd;
  watchDial(dial.fd, <u32>dialIndex(dial), dial.generation);
}

/** What waits on a channel, a few at a time. */
function takeRequests(channel: Channel): void {
  const index = channelIndex(channel);
  for (let i = 0; i < requestBatch; i++) {
    if (channel.dialCount >= mostDialsPerChannel) return pause(channel, 0);
    const place = freeDial();
    if (place < 0 || !mayAsk(channel)) return pause(channel, monotonic() + pauseNs);
    const length = recvfrom(channel.fd, native(packet), 4 + longestTarget + 1, 0, 0, 0);
    if (length == EAGAIN || length == EINTR) return;
    // The instance has ended, or will ask for nothing more.
    if (length <= 0) return endChannel(index);
    if (length < 5 || <usize>length > 4 + longestTarget || !isText(packet + 4, <usize>length - 4)) {
      tellText(slotAt(channel.slot), 'no outgoing connections any more: the instance asked for one in a way no image does');
      return endChannel(index);
    }
    channel.tokens -= 1;
    startDial(channel, takeDial(place, channel, load<u32>(packet)), packet + 4, <usize>length - 4);
    if (channel.fd <= 0) return;
  }
}

export function onChannelEvent(index: i32, generation: u32, mask: u32): void {
  const channel = channelAt(index);
  if (channel.fd <= 0 || channel.generation != generation) return;
  if ((mask & EPOLLOUT) != 0 && channel.isBlocked) {
    channel.isBlocked = false;
    rewatch(channel);
    for (let i = 0; i < dialsUsed && !channel.isBlocked && channel.fd > 0; i++) {
      const dial = dialAt(i);
      if (dial.isUsed && dial.channel == index && dial.answer != unanswered) deliver(channel, dial);
    }
  }
  if (channel.fd <= 0) return;
  if ((mask & EPOLLIN) != 0 && !channel.isPaused) takeRequests(channel);
  else if ((mask & EPOLLHUP) != 0) endChannel(index);
}

/** The egress has answered, or has gone. */
export function onDialEvent(index: i32, generation: u32): void {
  const dial = dialAt(index);
  if (!dial.isUsed || dial.generation != generation || dial.answer != unanswered) return;
  const channel = channelAt(dial.channel);
  const first = recvfrom(dial.fd, native(reason), 1, 0, 0, 0);
  if (first == EAGAIN || first == EINTR) return;
  const code: u32 = first == 1 ? load<u8>(reason) : 0;
  if (code == answerConnected) {
    // What comes on it is the instance's, even while that has no room to be told.
    unwatch(dial.fd);
    return finish(channel, dial, connected);
  }
  const slot = slotAt(channel.slot);
  if (code == 0) {
    tellText(slot, 'no outgoing connection: what makes them on this machine has gone');
  } else {
    const length = recvfrom(dial.fd, native(reason), longestReason, 0, 0, 0);
    if (length > 0) tell(slot, reason, <usize>length);
  }
  finish(channel, dial, code == answerDenied ? denied : refused);
}
