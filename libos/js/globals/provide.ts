/**
 * Puts a global in place. A bundler may have renamed the class where a module also spells the global's name, and its
 * `name` with it: programs see the right one.
 */
export function putGlobal(name: string, value: unknown): void {
  if (typeof value === 'function' && value.name !== name) {
    Object.defineProperty(value, 'name', { value: name, configurable: true });
  }
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}

/** A global that a package stands on, though the program itself may not name it. One that is there stays. */
export function provideGlobal(name: string, value: unknown): void {
  if (!(name in globalThis)) putGlobal(name, value);
}
