// Connects as its environment says, sends, receives, reports on its console; ends with status 0 when all is done.
//   TARGETS     HOST:PORT or tls:HOST:PORT, separated by blanks
//   TIMES       how often each, one after the other (1)
//   PARALLEL    how many at once (1)
//   SEND        what is sent when it is connected ("ping"); SEND_BYTES: that many bytes instead
//   MODE        end: send no more after that, then read to the end (default); open: read to the end without;
//               close: close when something has come
//   STALL       do not read for so many milliseconds
import * as os from "diatom/os";
import { variable } from "diatom/environment";
import { exit } from "diatom/process";
import { setTimeout } from "diatom/timers";

const READABLE: i32 = 1;
const WRITABLE: i32 = 2;
const HANGUP: i32 = 4;

const targets = variable("TARGETS").split(" ");
const times = <i32>parseInt(variable("TIMES", "1"));
const parallel = <i32>parseInt(variable("PARALLEL", "1"));
const mode = variable("MODE", "end");
const stallMs = <i32>parseInt(variable("STALL", "0"));
const sendBytes = <i32>parseInt(variable("SEND_BYTES", "0"));
const isQuiet = times > 1;

class Call {
  handle: i32 = -1;
  toSend: i32 = 0;
  sent: i32 = 0;
  received: i32 = 0;
  checksum: u32 = 0;
  text: string = "";
  isConnected: bool = false;
  isStalled: bool = stallMs > 0;
  readable: bool = false;
  constructor(public target: string) {}
}

const calls = new Map<i32, Call>();
const buffer = new Uint8Array(65536);
const message = payload();
let started = 0;
let finished = 0;
let ended = 0;
let failed = 0;

function payload(): Uint8Array {
  if (sendBytes == 0) return Uint8Array.wrap(String.UTF8.encode(variable("SEND", "ping")));
  const bytes = new Uint8Array(sendBytes);
  for (let i = 0; i < sendBytes; i++) bytes[i] = <u8>(i * 7 + (i >> 8));
  return bytes;
}

function say(call: Call, what: string): void {
  if (!isQuiet) console.log(call.target + " " + what);
}

function finish(call: Call, what: string): void {
  let line = what;
  if (call.received > 0) {
    line += " after " + call.received.toString() + " bytes " + call.checksum.toString();
    if (call.received <= 200) line += " " + call.text;
  }
  say(call, line);
  os.stream_close(call.handle);
  calls.delete(call.handle);
  over();
}

function over(): void {
  finished++;
  if (finished == targets.length * times) {
    console.log("done ended=" + ended.toString() + " failed=" + failed.toString());
    exit(0);
  }
  start();
}

function start(): void {
  while (started < targets.length * times && started - finished < parallel) {
    const call = new Call(targets[started % targets.length]);
    started++;
    const text = String.UTF8.encode(call.target);
    const callback = (handle: i32, bits: i32): void => ready(handle, bits);
    const handle = os.stream_connect(changetype<usize>(text), text.byteLength, callback.index);
    if (handle < 0) {
      failed++;
      say(call, "not even a handle: " + os.errorName(handle));
      over();
      return;
    }
    call.handle = handle;
    call.toSend = message.length;
    calls.set(handle, call);
    // A handle that is not connected has nothing to give and takes nothing.
    if (os.stream_receive(handle, buffer.dataStart, 1) != os.AGAIN) say(call, "received before it was connected");
    if (os.stream_send(handle, message.dataStart, 1) != os.AGAIN) say(call, "sent before it was connected");
  }
}

function ready(handle: i32, bits: i32): void {
  if (!calls.has(handle)) return;
  const call = calls.get(handle);
  if ((bits & WRITABLE) != 0 && !call.isConnected) {
    call.isConnected = true;
    say(call, "connected");
    if (call.isStalled) {
      stalled = call;
      setTimeout(() => {
        const late = stalled;
        if (!late) return;
        late.isStalled = false;
        receive(late);
      }, stallMs);
    }
  }
  if (call.isConnected) send(call);
  if ((bits & (READABLE | HANGUP)) != 0) call.readable = true;
  if (call.readable && !call.isStalled) receive(call);
}

let stalled: Call | null = null;

function send(call: Call): void {
  while (call.sent < call.toSend) {
    const count = os.stream_send(call.handle, message.dataStart + call.sent, call.toSend - call.sent);
    if (count <= 0) return;
    call.sent += count;
    if (call.sent == call.toSend && mode == "end") os.stream_shutdown(call.handle);
  }
}

function receive(call: Call): void {
  while (true) {
    const count = os.stream_receive(call.handle, buffer.dataStart, buffer.length);
    if (count == os.AGAIN) return;
    if (count < 0) {
      failed++;
      return finish(call, os.errorName(count));
    }
    if (count == 0) {
      ended++;
      return finish(call, "end");
    }
    if (call.received < 200) call.text += String.UTF8.decodeUnsafe(buffer.dataStart, min(count, 200));
    call.received += count;
    for (let i = 0; i < count; i++) call.checksum = call.checksum * 31 + buffer[i];
    if (mode == "close") {
      ended++;
      return finish(call, "close");
    }
  }
}

start();
