/** Product of two matrices of f64, the plain triple loop. */
const n = 224;
const a = new StaticArray<f64>(n * n);
const b = new StaticArray<f64>(n * n);
const c = new StaticArray<f64>(n * n);

for (let i = 0; i < n * n; i++) {
  a[i] = <f64>(i % 17) - 8.5;
  b[i] = <f64>(i % 13) * 0.25;
}

export function run(): i32 {
  for (let row = 0; row < n; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0.0;
      for (let k = 0; k < n; k++) sum += a[row * n + k] * b[k * n + column];
      c[row * n + column] = sum;
    }
  }
  let trace = 0.0;
  for (let i = 0; i < n; i++) trace += c[i * n + i];
  return <i32>trace;
}
