/** Methods of a class hierarchy and functions from a table: indirect calls. */
abstract class Shape {
  abstract area(scale: i32): i32;
}

class Square extends Shape {
  constructor(private side: i32) {
    super();
  }
  area(scale: i32): i32 {
    return this.side * this.side * scale;
  }
}

class Rectangle extends Shape {
  constructor(
    private width: i32,
    private height: i32,
  ) {
    super();
  }
  area(scale: i32): i32 {
    return this.width * this.height + scale;
  }
}

class Triangle extends Shape {
  constructor(
    private base: i32,
    private height: i32,
  ) {
    super();
  }
  area(scale: i32): i32 {
    return ((this.base * this.height) >> 1) ^ scale;
  }
}

const count = 1024;
const shapes = new StaticArray<Shape>(count);
for (let i = 0; i < count; i++) {
  shapes[i] = i % 3 === 0 ? new Square(i) : i % 3 === 1 ? new Rectangle(i, 7) : new Triangle(i, 5);
}
const steps: StaticArray<(value: i32) => i32> = [
  (value: i32): i32 => value + 1,
  (value: i32): i32 => value ^ 0x5555,
  (value: i32): i32 => value * 3,
  (value: i32): i32 => rotl(value, 5),
];

export function run(): i32 {
  let sum = 0;
  for (let round = 0; round < 6000; round++) {
    for (let i = 0; i < count; i++) sum += shapes[i].area(round);
    sum = steps[round & 3](sum);
  }
  return sum;
}
