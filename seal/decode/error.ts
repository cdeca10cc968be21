const longestName = 120;
const longestReason = 400;

/** Names come from the module, which may be anybody's: as text of one line, and not longer than it is worth. */
function printable(text: string, longest: number): string {
  const line = text.slice(0, longest).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\uFFFD');
  return text.length > longest ? `${line}…` : line;
}

export const printableName = (name: string): string => printable(name, longestName);

/** A module that cannot be compiled: what is wrong, in which function, at which byte of the input. */
export class ModuleError extends Error {
  /** `malformed`: not the binary format. `invalid`: breaks a rule of validation. `unsupported`: fine, but not here. */
  readonly code: 'malformed' | 'invalid' | 'unsupported';
  readonly byteOffset: number;
  /** What is wrong, in the words of the reference interpreter where it has some. */
  readonly reason: string;
  readonly functionName: string | undefined;

  constructor(code: ModuleError['code'], reason: string, byteOffset: number, functionName?: string) {
    const where = functionName === undefined ? '' : ` in function ${printableName(functionName)}`;
    super(`wasm module is ${code}: ${printable(reason, longestReason)}${where}, at byte 0x${byteOffset.toString(16)}`);
    this.name = 'ModuleError';
    this.code = code;
    this.byteOffset = byteOffset;
    this.reason = reason;
    this.functionName = functionName;
  }

  inFunction(name: string): ModuleError {
    return new ModuleError(this.code, this.reason, this.byteOffset, name);
  }
}
