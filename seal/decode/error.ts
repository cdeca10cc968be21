/** A module that cannot be compiled: what is wrong, in which function, at which byte of the input. */
export class ModuleError extends Error {
  readonly code: 'malformed' | 'invalid' | 'unsupported';
  readonly byteOffset: number;
  private readonly what: string;

  constructor(code: ModuleError['code'], what: string, byteOffset: number, functionName?: string) {
    const where = functionName === undefined ? '' : ` in function ${functionName}`;
    super(`wasm module is ${code}: ${what}${where}, at byte 0x${byteOffset.toString(16)}`);
    this.name = 'ModuleError';
    this.code = code;
    this.byteOffset = byteOffset;
    this.what = what;
  }

  inFunction(name: string): ModuleError {
    return new ModuleError(this.code, this.what, this.byteOffset, name);
  }
}
