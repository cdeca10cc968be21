/** As much of an x86-64 assembler as attacks need (Intel SDM vol. 2). */

const registers = { rax: 0, rcx: 1, rdx: 2, rbx: 3, rsp: 4, rbp: 5, rsi: 6, rdi: 7, r8: 8, r9: 9, r10: 10 } as const;
type Register = keyof typeof registers;

const argumentRegisters: readonly Register[] = ['rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'];

export const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
export const program = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts);

/** mov r64, imm64 */
export const load = (register: Register, value: number | bigint): Uint8Array => {
  const code = Buffer.alloc(10);
  const number = registers[register];
  code[0] = 0x48 | (number >> 3);
  code[1] = 0xb8 | (number & 7);
  code.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), 2);
  return code;
};

export const systemCall = (number: number, ...args: readonly (number | bigint)[]): Uint8Array =>
  program(
    ...args.map((value, index) => load(argumentRegisters[index] ?? 'r9', value)),
    load('rax', number),
    bytes(0x0f, 0x05),
  );

/** A program that gets this far after an attack has succeeded. */
export const survivedStatus = 77;
export const exit = (status: number): Uint8Array => systemCall(231, status);
export const survive: Uint8Array = exit(survivedStatus);

/** jmp to itself */
export const spin: Uint8Array = bytes(0xeb, 0xfe);
/** mov rax, address; jmp rax */
export const jumpTo = (address: number): Uint8Array => program(load('rax', address), bytes(0xff, 0xe0));
/** mov rax, address; mov byte [rax], 0 */
export const storeTo = (address: number | bigint): Uint8Array => program(load('rax', address), bytes(0xc6, 0x00, 0x00));
/** mov rax, address; mov al, [rax] */
export const loadFrom = (address: number | bigint): Uint8Array => program(load('rax', address), bytes(0x8a, 0x00));
/** The boot block's address is in rdi at entry: mov rbx, [rdi + 8 * word] */
export const loadBootWord = (word: number): Uint8Array => {
  const code = Buffer.from([0x48, 0x8b, 0x9f, 0, 0, 0, 0]);
  code.writeInt32LE(word * 8, 3);
  return code;
};
/** Runs `body` for ever: body; jmp back. */
export const forever = (body: Uint8Array): Uint8Array => {
  const back = Buffer.from([0xe9, 0, 0, 0, 0]);
  back.writeInt32LE(-(body.length + 5), 1);
  return program(body, back);
};

const over = (jumpCode: number, body: Uint8Array): Uint8Array => {
  const test = Buffer.from([0x48, 0x85, 0xc0, 0x0f, jumpCode, 0, 0, 0, 0]);
  test.writeInt32LE(body.length, 5);
  return program(test, body);
};
/** test rax, rax; jnz past the body */
export const whenZero = (body: Uint8Array): Uint8Array => over(0x85, body);
/** test rax, rax; js past the body */
export const unlessNegative = (body: Uint8Array): Uint8Array => over(0x88, body);
