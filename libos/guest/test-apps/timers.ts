// Timers in order, a cleared one, an interval that ends itself, and an exit status.
import { exit } from "diatom/process";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "diatom/timers";

let interval: i32 = 0;
let ticks: i32 = 0;

setTimeout(() => console.log("second"), 20);
setTimeout(() => console.log("first"), 10);
const cleared = setTimeout(() => console.log("never"), 15);
clearTimeout(cleared);
interval = setInterval(() => {
  console.log("tick");
  if (++ticks < 3) return;
  clearInterval(interval);
  setTimeout(() => exit(7), 1);
}, 30);
console.log("started");
