// The event loop: the only caller of the machine's `yield`. Each driver has a `...Linked` flag that its listen or
// connect function sets; in an image that never calls one, the optimizer sees the flag stay false and drops the driver.

import * as machine from "./machine";
import { flushConsole } from "./console";
import { now, readClock } from "./clock";
import { Endpoint, endpointOf, FRAMES, HTTP_CLIENT, openCount, STREAM } from "./endpoints";
import { timerDeadline, fireTimer } from "./timer";
import { clientDeadline, clientHasWork, clientReady, clientTick } from "./http/client";
import { clientLinked } from "./http/client-pool";
import { httpLinked, httpReady, httpDeadline, httpTick, httpHasWork } from "./http/server";
import { streamsLinked, streamReady } from "./streams";
import { framesLinked, framesReady } from "./frames";
import { exit } from "./system";

const batch: i32 = 64;
const records = memory.data(512, 8);

function nextDeadline(): i64 {
  let deadline = timerDeadline;
  if (httpLinked) {
    if (httpHasWork()) return 0;
    deadline = min(deadline, httpDeadline());
  }
  if (clientLinked) {
    if (clientHasWork()) return 0;
    deadline = min(deadline, clientDeadline());
  }
  return deadline == i64.MAX_VALUE ? -1 : max<i64>(deadline, 1);
}

export function run(): void {
  readClock();
  // What already waits is served without asking the machine first.
  if (httpLinked) httpTick();
  while (openCount > 0 || timerDeadline != i64.MAX_VALUE) {
    flushConsole();
    const count = machine.yield_until(nextDeadline(), records, batch);
    readClock();
    for (let i = 0; i < count; i++) {
      const record = records + (i << 3);
      const endpoint = endpointOf(load<u32>(record));
      // Closed by an earlier record of this batch. A handle used again already only gets a try too many.
      if (endpoint == 0) continue;
      const ready = load<i32>(record, 4);
      if (streamsLinked && changetype<Endpoint>(endpoint).kind == STREAM) streamReady(endpoint, ready);
      else if (framesLinked && changetype<Endpoint>(endpoint).kind == FRAMES) framesReady(ready);
      else if (clientLinked && changetype<Endpoint>(endpoint).kind == HTTP_CLIENT) clientReady(endpoint, ready);
      else if (httpLinked) httpReady(endpoint, ready);
    }
    if (clientLinked) clientTick();
    if (httpLinked) httpTick();
    if (timerDeadline <= now) fireTimer();
  }
  exit(0);
}
