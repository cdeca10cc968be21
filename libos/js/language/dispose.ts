/**
 * Explicit Resource Management (ECMAScript 2026 §20.4.2.1, §20.4.2.5): the two symbols, which the engine does not have
 * yet. `using` itself is rewritten by the bundler, and the methods of the engine's iterators follow suit here.
 */

function define(name: 'dispose' | 'asyncDispose'): void {
  if (name in Symbol) return;
  Object.defineProperty(Symbol, name, { value: Symbol(`Symbol.${name}`) });
}

define('dispose');
define('asyncDispose');

if (!(Symbol.dispose in Iterator.prototype)) {
  // §27.1.4.1 %Iterator.prototype% [ @@dispose ].
  Object.defineProperty(Iterator.prototype, Symbol.dispose, {
    value: function dispose(this: Iterator<unknown>): void {
      this.return?.();
    },
    writable: true,
    configurable: true,
  });
}
