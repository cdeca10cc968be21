/**
 * A small assembler for classic BPF (linux/bpf_common.h), the language of seccomp filters. Jumps are forward only and
 * at most 255 instructions far; targets are labels.
 */

export const opcodes = {
  loadWord: 0x20, // BPF_LD | BPF_W | BPF_ABS
  jumpEqual: 0x15, // BPF_JMP | BPF_JEQ | BPF_K
  jumpGreater: 0x25, // BPF_JGT
  jumpGreaterOrEqual: 0x35, // BPF_JGE
  jumpAnyBit: 0x45, // BPF_JSET
  return: 0x06, // BPF_RET | BPF_K
} as const;

export type JumpCode = 'jumpEqual' | 'jumpGreater' | 'jumpGreaterOrEqual' | 'jumpAnyBit';

/** A jump without a label goes on with the next instruction. */
export type Statement =
  | { readonly kind: 'label'; readonly name: string }
  | { readonly kind: 'load'; readonly offset: number }
  | { readonly kind: 'return'; readonly value: number }
  | {
      readonly kind: 'jump';
      readonly code: JumpCode;
      readonly value: number;
      readonly ifTrue?: string;
      readonly ifFalse?: string;
    };

export const label = (name: string): Statement => ({ kind: 'label', name });
export const load = (offset: number): Statement => ({ kind: 'load', offset });
export const giveBack = (value: number): Statement => ({ kind: 'return', value });
export const jump = (
  code: JumpCode,
  value: number,
  to: { readonly ifTrue?: string; readonly ifFalse?: string },
): Statement => ({
  kind: 'jump',
  code,
  value,
  ...to,
});

export const instructionBytes = 8;
/** BPF_MAXINSNS */
const maximumInstructions = 4096;

/** `struct sock_filter[]`: u16 code, u8 jt, u8 jf, u32 k. */
export const assemble = (statements: readonly Statement[]): Uint8Array => {
  const addresses = new Map<string, number>();
  let count = 0;
  for (const statement of statements) {
    if (statement.kind === 'label') addresses.set(statement.name, count);
    else count += 1;
  }
  if (count > maximumInstructions)
    throw new RangeError(`filter of ${count} instructions; the kernel takes ${maximumInstructions}`);

  const bytes = new Uint8Array(count * instructionBytes);
  const view = new DataView(bytes.buffer);
  let address = 0;
  const distanceTo = (name: string | undefined): number => {
    if (name === undefined) return 0;
    const distance = (addresses.get(name) ?? -1) - address - 1;
    if (distance < 0 || distance > 255) throw new RangeError(`jump to "${name}" over ${distance} instructions`);
    return distance;
  };
  for (const statement of statements) {
    if (statement.kind === 'label') continue;
    const offset = address * instructionBytes;
    switch (statement.kind) {
      case 'load':
        view.setUint16(offset, opcodes.loadWord, true);
        view.setUint32(offset + 4, statement.offset, true);
        break;
      case 'return':
        view.setUint16(offset, opcodes.return, true);
        view.setUint32(offset + 4, statement.value, true);
        break;
      case 'jump':
        view.setUint16(offset, opcodes[statement.code], true);
        view.setUint8(offset + 2, distanceTo(statement.ifTrue));
        view.setUint8(offset + 3, distanceTo(statement.ifFalse));
        view.setUint32(offset + 4, statement.value, true);
        break;
    }
    address += 1;
  }
  return bytes;
};
