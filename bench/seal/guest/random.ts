/** Numbers that look random and are the same on every run (xorshift, Marsaglia 2003). */
let state: u32 = 0x9e3779b9;

export function seed(value: u32): void {
  state = value;
}

export function random(): u32 {
  state ^= state << 13;
  state ^= state >> 17;
  state ^= state << 5;
  return state;
}
