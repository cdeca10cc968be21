/**
 * What the boot code says on the serial port, and how it ends the machine. The same bytes are right in 32-bit protected
 * and in long mode: no prefixes, no addresses relative to the instruction pointer.
 */
import type { Assembler, Label } from '../codegen/assembler.ts';
import { rax, rbx, rdx } from '../codegen/registers.ts';

const serialData = 0x3f8;
const serialStatus = 0x3fd;
const transmitterEmpty = 0x20;

/** Where the status goes and the write that ends QEMU (docs/virtio.md). Elsewhere nothing listens and the reset follows. */
const statusPort = 0x502;
const exitPort = 0x501;

export interface SerialText {
  /** Print al. Changes eax, ebx, edx. */
  readonly putByte: Label;
  /** Print the bytes at rsi up to a zero byte; rsi ends behind it. Changes eax, ebx, edx. */
  readonly putText: Label;
  /** End the machine with status al. */
  readonly end: Label;
}

export function emitSerialText(assembler: Assembler): SerialText {
  const putByte = assembler.here();
  assembler.op('mov', 32, rbx, rax);
  assembler.moveConstant(rdx, BigInt(serialStatus));
  const poll = assembler.here();
  assembler.raw(0xec); // in al, dx
  assembler.raw(0xa8, transmitterEmpty); // test al, imm8
  assembler.jumpIf('e', poll);
  assembler.moveConstant(rdx, BigInt(serialData));
  assembler.op('mov', 32, rax, rbx);
  assembler.raw(0xee); // out dx, al
  assembler.raw(0xc3);

  const putText = assembler.here();
  assembler.raw(0xac); // lodsb
  assembler.raw(0x84, 0xc0); // test al, al
  const more = assembler.skipIf('ne');
  assembler.raw(0xc3);
  assembler.bind(more);
  assembler.call(putByte);
  assembler.jump(putText);

  const end = assembler.here();
  assembler.moveConstant(rdx, BigInt(statusPort));
  assembler.raw(0xee);
  assembler.moveConstant(rdx, BigInt(exitPort));
  assembler.raw(0xee);
  // An exception without handlers: the third fault in a row resets the machine (Intel SDM vol. 3A §6.15, interrupt 8).
  const noHandlers = assembler.newLabel();
  assembler.raw(0x0f, 0x01, 0x1c, 0x25); // lidt [disp32]
  assembler.addressWord(noHandlers);
  assembler.raw(0x0f, 0x0b);
  assembler.bind(noHandlers);
  assembler.data(new Uint8Array(10));
  return { putByte, putText, end };
}

/** Texts behind the code, each once. */
export class Texts {
  private readonly labels = new Map<string, Label>();
  private readonly assembler: Assembler;

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  label(text: string): Label {
    const found = this.labels.get(text) ?? this.assembler.newLabel();
    this.labels.set(text, found);
    return found;
  }

  emit(): void {
    for (const [text, label] of this.labels) {
      this.assembler.bind(label);
      this.assembler.data(new TextEncoder().encode(`${text}\0`));
    }
  }
}
