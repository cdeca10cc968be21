// Says what the machine's disk holds, writes a pattern, and reads it back.
import { open } from "diatom/block";
import { variable } from "diatom/environment";

const disk = open();
console.log(disk.sectors.toString() + " sectors of " + disk.sectorBytes.toString() + (disk.isReadOnly ? ", read-only" : ""));
const first = disk.read(0, 1);
console.log("first " + String.UTF8.decode(first.buffer.slice(0, 6)));
if (variable("WRITE", "") != "") {
  // More than one request, and more than the library OS's buffer.
  const pattern = new Uint8Array(512 * 300);
  for (let i = 0; i < pattern.length; i++) pattern[i] = <u8>(i * 7 + (i >> 9));
  disk.write(5, pattern);
  const back = disk.read(5, 300);
  let differences = 0;
  for (let i = 0; i < pattern.length; i++) {
    if (back[i] != pattern[i]) differences++;
  }
  console.log("differences " + differences.toString());
}
if (variable("BEYOND", "") != "") disk.read(disk.sectors - 1, 2);
