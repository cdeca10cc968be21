/** The Mandelbrot set: f64 multiplications and additions in registers. */
const width = 256;
const limit = 200;

export function run(): i32 {
  let sum = 0;
  for (let row = 0; row < width; row++) {
    const y0 = (<f64>row * 2.4) / width - 1.2;
    for (let column = 0; column < width; column++) {
      const x0 = (<f64>column * 3.0) / width - 2.2;
      let x = 0.0;
      let y = 0.0;
      let steps = 0;
      while (steps < limit && x * x + y * y < 4.0) {
        const next = x * x - y * y + x0;
        y = 2.0 * x * y + y0;
        x = next;
        steps++;
      }
      sum += steps;
    }
  }
  return sum;
}
