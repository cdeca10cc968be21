// What an image does on a machine of its own, one thing at a time: the environment says which.
import { monotonic, wall } from "diatom/clock";
import { randomBytes } from "diatom/entropy";
import { environment, variable } from "diatom/environment";
import { exit } from "diatom/process";
import { setInterval, setTimeout } from "diatom/timers";

function fail(): void {
  unreachable();
}

const kept = new Array<Uint8Array>();
let started: i64 = 0;
let ticks = 0;

const what = variable("DO", "hello");
if (what == "hello") {
  console.log("hello " + variable("NAME", "nobody"));
  const all = environment();
  for (let i = 0; i < all.size; i++) console.log(all.keys()[i] + "=" + all.values()[i]);
} else if (what == "exit") {
  exit(I32.parseInt(variable("STATUS", "0")));
} else if (what == "trap") {
  fail();
} else if (what == "grow") {
  // Over several page tables' worth of memory, each piece written and read.
  for (let i = 0; i < 96; i++) {
    const piece = new Uint8Array(65536);
    for (let at = 0; at < piece.length; at += 4096) {
      if (piece[at] != 0) throw new Error("new memory is not zero");
      piece[at] = <u8>(i + 1);
    }
    kept.push(piece);
  }
  let sum = 0;
  for (let i = 0; i < kept.length; i++) sum += kept[i][61440];
  console.log("sum " + sum.toString());
} else if (what == "exhaust") {
  while (true) kept.push(new Uint8Array(65536));
} else if (what == "time") {
  started = monotonic();
  console.log("wall " + wall().toString());
  setTimeout(() => {
    console.log("late " + (monotonic() - started).toString());
  }, 60);
  setTimeout(() => {
    console.log("early " + (monotonic() - started).toString());
  }, 20);
  let last = started;
  for (let i = 0; i < 10000; i++) {
    const now = monotonic();
    if (now < last) throw new Error("the clock went back");
    last = now;
  }
} else if (what == "idle") {
  console.log("waiting");
  setInterval(() => {
    if (++ticks == 1000) console.log("never idle");
  }, 5);
} else if (what == "random") {
  for (let i = 0; i < 3; i++) {
    const bytes = randomBytes(600);
    let text = "";
    for (let at = 0; at < bytes.length; at++) text += (bytes[at] < 16 ? "0" : "") + (<i32>bytes[at]).toString(16);
    console.log(text);
  }
}
