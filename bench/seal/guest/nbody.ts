/** Planets pulling at each other: f64 arithmetic with square roots and divisions, objects on the heap. */
class Body {
  constructor(
    public x: f64,
    public y: f64,
    public z: f64,
    public vx: f64,
    public vy: f64,
    public vz: f64,
    public mass: f64,
  ) {}
}

const count = 5;
const bodies = new StaticArray<Body>(count);

function reset(): void {
  for (let i = 0; i < count; i++) {
    const at = <f64>i;
    const body = bodies[i];
    body.x = at * 4.8;
    body.y = at * -1.1 + 0.3;
    body.z = at * 0.1;
    body.vx = at * 0.6 - 0.9;
    body.vy = 2.8 - at * 0.7;
    body.vz = at * -0.02;
    body.mass = i === 0 ? 39.5 : 0.04 / at;
  }
}

for (let i = 0; i < count; i++) bodies[i] = new Body(0, 0, 0, 0, 0, 0, 0);

function advance(dt: f64): void {
  for (let i = 0; i < count; i++) {
    const one = bodies[i];
    for (let j = i + 1; j < count; j++) {
      const other = bodies[j];
      const dx = one.x - other.x;
      const dy = one.y - other.y;
      const dz = one.z - other.z;
      const squared = dx * dx + dy * dy + dz * dz;
      const magnitude = dt / (squared * Math.sqrt(squared));
      one.vx -= dx * other.mass * magnitude;
      one.vy -= dy * other.mass * magnitude;
      one.vz -= dz * other.mass * magnitude;
      other.vx += dx * one.mass * magnitude;
      other.vy += dy * one.mass * magnitude;
      other.vz += dz * one.mass * magnitude;
    }
  }
  for (let i = 0; i < count; i++) {
    const body = bodies[i];
    body.x += dt * body.vx;
    body.y += dt * body.vy;
    body.z += dt * body.vz;
  }
}

export function run(): i32 {
  reset();
  for (let step = 0; step < 200_000; step++) advance(0.001);
  let energy = 0.0;
  for (let i = 0; i < count; i++) {
    const body = bodies[i];
    energy += 0.5 * body.mass * (body.vx * body.vx + body.vy * body.vy + body.vz * body.vz);
  }
  return <i32>(energy * 1e6);
}
