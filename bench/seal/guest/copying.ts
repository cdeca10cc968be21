/** memory.copy and memory.fill in sizes from a few bytes to a megabyte. */
const size = 1 << 20;
const one = new StaticArray<u8>(size);
const two = new StaticArray<u8>(size);

for (let i = 0; i < size; i++) one[i] = <u8>(i * 7);

function copies(bytes: i32, total: i32): u32 {
  const from = changetype<usize>(one);
  const to = changetype<usize>(two);
  let sum: u32 = 0;
  for (let done = 0, at = 0; done < total; done += bytes) {
    memory.copy(to + at, from + (size - bytes - at), bytes);
    sum += two[at];
    at = (at + bytes + 3) & 0x3ffff;
    if (at > size - bytes) at = 0;
  }
  return sum;
}

function fills(bytes: i32, total: i32): u32 {
  const to = changetype<usize>(two);
  let sum: u32 = 0;
  for (let done = 0, at = 0; done < total; done += bytes) {
    memory.fill(to + at, <u8>done, bytes);
    sum += two[at + bytes - 1];
    at = (at + bytes + 5) & 0x3ffff;
  }
  return sum;
}

export function run(): i32 {
  let sum: u32 = 0;
  for (let bytes = 8; bytes <= 1 << 19; bytes *= 4) sum = sum * 5 + copies(bytes, 1 << 22) + fills(bytes, 1 << 21);
  // Overlapping: the copy has to go backwards.
  memory.copy(changetype<usize>(two) + 1, changetype<usize>(two), size - 1);
  return sum + two[size - 1];
}
