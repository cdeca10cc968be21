/** Quicksort of integers: unpredictable branches, swaps, recursion. */
import { random, seed } from './random';

const count = 200_000;
const values = new StaticArray<i32>(count);

function sort(from: i32, to: i32): void {
  while (to - from > 12) {
    const pivot = values[(from + to) >> 1];
    let left = from;
    let right = to;
    while (left <= right) {
      while (values[left] < pivot) left++;
      while (values[right] > pivot) right--;
      if (left > right) break;
      const kept = values[left];
      values[left++] = values[right];
      values[right--] = kept;
    }
    if (right - from < to - left) {
      sort(from, right);
      from = left;
    } else {
      sort(left, to);
      to = right;
    }
  }
  for (let i = from + 1; i <= to; i++) {
    const value = values[i];
    let at = i;
    for (; at > from && values[at - 1] > value; at--) values[at] = values[at - 1];
    values[at] = value;
  }
}

export function run(): i32 {
  seed(13);
  for (let i = 0; i < count; i++) values[i] = random();
  sort(0, count - 1);
  let sum = 0;
  for (let i = 0; i < count; i++) sum = sum * 31 + values[i];
  return sum;
}
