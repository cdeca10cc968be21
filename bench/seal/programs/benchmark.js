// What quickjs runs: calls, objects and their methods, closures, arrays, strings, a Map, a regular expression.
(() => {
  const fib = (n) => (n < 2 ? n : fib(n - 1) + fib(n - 2));

  class Account {
    constructor(balance) {
      this.balance = balance;
    }
    move(to, amount) {
      if (amount > this.balance) return false;
      this.balance -= amount;
      to.balance += amount;
      return true;
    }
  }

  const accounts = () => {
    const all = Array.from({ length: 50 }, (_, i) => new Account(i * 10));
    let moved = 0;
    for (let i = 0; i < 8000; i++) if (all[i % 50].move(all[(i * 7 + 3) % 50], i % 13)) moved++;
    return all.reduce((sum, { balance }, i) => sum + balance * i, moved);
  };

  const sorting = () => {
    let state = 12345;
    const values = Array.from({ length: 2000 }, () => (state = (state * 1103515245 + 12345) & 0x7fffffff));
    values.sort((a, b) => a - b);
    return values[1000] & 0xffff;
  };

  const words = () => {
    const text = 'the quick brown fox jumps over the lazy dog '.repeat(40);
    const counts = new Map();
    for (const [word] of text.matchAll(/[a-z]+/g)) counts.set(word, (counts.get(word) ?? 0) + word.length);
    return [...counts.values()].reduce((sum, count) => sum * 3 + count, 0) & 0xffff;
  };

  const numbers = () => {
    let sum = 0;
    for (let i = 1; i < 20000; i++) sum += Math.sqrt(i) / (i + 0.5);
    return Math.floor(sum * 1000);
  };

  globalThis.run = () => (fib(17) + accounts() * 3 + sorting() * 5 + words() * 7 + numbers()) | 0;
})();
