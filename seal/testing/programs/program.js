(() => {
  const lines = [];
  const say = (...values) => lines.push(values.map((value) => String(value)).join(' '));
  class Shape {
    #sides;
    constructor(sides) {
      this.#sides = sides;
    }
    get sides() {
      return this.#sides;
    }
    *corners() {
      for (let i = 0; i < this.#sides; i++) yield [Math.cos(i), Math.sin(i)].map((x) => x.toFixed(9));
    }
  }
  for (const sides of [3, 5, 8]) say(sides, [...new Shape(sides).corners()].join('|'));
  const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));
  say(fib(20), 2n ** 200n, -7n / 2n, 10n ** 40n % 977n);
  const text = 'the quick brown fox jumps over the lazy dog '.repeat(20);
  say(text.replace(/\b(\w)(\w*)/g, (_, a, b) => a.toUpperCase() + b).slice(0, 80));
  say([...text.matchAll(/o(?<next>.)/g)].map(({ groups }) => groups.next).join(''));
  const counts = new Map();
  for (const word of text.split(' ')) counts.set(word, (counts.get(word) ?? 0) + 1);
  say(JSON.stringify([...counts].sort(([a], [b]) => (a < b ? -1 : 1))));
  const numbers = Array.from({ length: 500 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 7);
  say(
    numbers.toSorted((a, b) => a - b).filter((_, i) => i % 50 === 0),
    numbers.reduce((a, b) => a ^ b, 0),
  );
  say(JSON.stringify(JSON.parse('{"a":[1,2.5e-7,null,true,"\\u00e9\\n"],"b":{"c":[]}}'), null, 1));
  for (const value of [
    0.1 + 0.2,
    1 / 3,
    1e21,
    123456789012345680000,
    5e-324,
    -0,
    NaN,
    2 ** 53,
    1.7976931348623157e308,
  ]) {
    say(value, value.toExponential(3), value.toPrecision(6), Number.parseFloat(String(value)) === value);
  }
  try {
    null.x;
  } catch (error) {
    say(error instanceof TypeError);
  }
  try {
    (function again() {
      return 1 + again();
    })();
  } catch (error) {
    say(error instanceof RangeError || error.name);
  }
  const { a, ...rest } = { a: 1, b: 2, c: [3, 4] };
  say(a, JSON.stringify(rest), `${[...'añ😀'].length}`, 'ß'.localeCompare('a') > 0);
  const bytes = new Uint8Array(256).map((_, i) => i * 7);
  const view = new DataView(bytes.buffer);
  say(view.getFloat64(8), view.getInt32(3, true), view.getUint16(9), new Float32Array([1.1])[0]);
  let hash = 0;
  for (let i = 0; i < 20000; i++) {
    hash = (hash * 31 + (i ^ (hash >>> 3))) | 0;
    if (i % 3 === 0) hash ^= hash << 5;
  }
  say(
    hash,
    [3, 1, 2]
      .sort()
      .reverse()
      .flatMap((x) => [x, x * 2])
      .join(),
    new Date(86400000).toISOString(),
  );
  return lines.join('\n');
})();
