/** WinterTC §3: `self` is the global object. */
export const self: typeof globalThis = globalThis;
