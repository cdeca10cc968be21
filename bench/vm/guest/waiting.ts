// As hello.ts without the server, for a target that has no streams: says its line and stays.

import { setInterval } from "diatom/timers";

console.log("hello from diatom");
setInterval(() => {}, 3_600_000);
