/** A global that a package stands on, though the program itself may not name it. One that is there stays. */
export function provideGlobal(name: string, value: unknown): void {
  if (name in globalThis) return;
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
}
