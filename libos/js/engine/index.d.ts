/**
 * The globals beyond ECMAScript that the engine (quickjs-ng) brings along and the modules of this folder stand on.
 * With no other ambient types, `tsc -p libos/js` refuses any use of a web API that was not imported.
 */

declare function queueMicrotask(callback: () => void): void;

declare class DOMException extends Error {
  constructor(message?: string, nameOrOptions?: string);
  readonly code: number;
  static readonly ABORT_ERR: 20;
}
