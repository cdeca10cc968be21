import { ModuleError } from './error.ts';

/**
 * Type checking is left to the engine we run in, which implements it in full; what comes after may then rely on it.
 * `WebAssembly.Module` says where and why, `validate` would only say no.
 */
export function validate(wasm: Uint8Array): void {
  try {
    new WebAssembly.Module(new Uint8Array(wasm));
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^WebAssembly\.Module\(\): /, '') : String(error);
    const offset = /@\+(\d+)/.exec(message);
    throw new ModuleError('invalid', message, offset === null ? 0 : Number(offset[1]));
  }
}
