/** Sieve of Eratosthenes: byte stores with a stride. */
const limit = 4_000_000;
const isComposite = new StaticArray<u8>(limit + 1);

export function run(): i32 {
  memory.fill(changetype<usize>(isComposite), 0, limit + 1);
  let count = 0;
  for (let i = 2; i <= limit; i++) {
    if (isComposite[i]) continue;
    count++;
    for (let j = i + i; j <= limit; j += i) isComposite[j] = 1;
  }
  return count;
}
