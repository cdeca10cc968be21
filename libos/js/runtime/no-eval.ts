/**
 * An image never gets new code: `eval` and the constructors of functions throw, as they do on Workers, so that packages that
 * try what is possible take their other way. In images whose project does not allow it (`allow: ["eval"]`).
 */

function refuse(): never {
  throw new EvalError('code is not made at run time in an image; diatom.json can allow it: { "allow": ["eval"] }');
}

/** Looks like the constructor it stands for: `instanceof` and `prototype` work as before. */
function replaceConstructor(prototype: object): void {
  const former = prototype.constructor;
  const replacement = (): never => refuse();
  Object.defineProperty(replacement, 'name', { value: former.name, configurable: true });
  Object.defineProperty(replacement, 'prototype', { value: prototype });
  Object.setPrototypeOf(replacement, Object.getPrototypeOf(former));
  Object.defineProperty(prototype, 'constructor', { value: replacement, writable: true, configurable: true });
}

replaceConstructor(Function.prototype);
for (const each of [async () => {}, function* () {}, async function* () {}]) {
  replaceConstructor(Object.getPrototypeOf(each) as object);
}
for (const [name, value] of [
  ['Function', Function.prototype.constructor],
  ['eval', refuse],
] as const) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
}
