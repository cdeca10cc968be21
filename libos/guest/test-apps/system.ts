// Environment, clocks, entropy, console; ends by itself with status 0.
import { monotonic, wall } from "diatom/clock";
import { randomBytes } from "diatom/entropy";
import { environment, variable } from "diatom/environment";

console.log("GREETING=" + variable("GREETING", "unset"));
console.log("MISSING=" + variable("MISSING", "unset"));
console.log("variables=" + environment().size.toString());
const start = monotonic();
console.log("monotonic=" + (monotonic() >= start).toString());
console.log("year=" + (wall() > 1_700_000_000_000_000_000 || wall() == 0 ? "plausible" : "wrong"));
const random = randomBytes(1000);
let sum: i32 = 0;
for (let i = 0; i < random.length; i++) sum += random[i];
console.log("random=" + (sum > 0).toString());
console.log("Date=" + (Date.now() >= 0).toString());
console.error("ünïcode ✓");
console.log("x".repeat(10000));
