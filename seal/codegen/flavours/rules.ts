import type { Assembler, Label } from '../assembler.ts';

/** Where the flavours differ in code: how an image is entered, gets more memory, and ends. Everything else is the same. */
export interface FlavourRules {
  /** In the ELF's note (docs/process-image.md): whoever starts images takes those made for it and no others. */
  readonly noteTarget: number;
  /** `tender`: called with the boot block in rdi; memories lie where that says. `kernel`: by execve, argc at rsp. */
  readonly enteredBy: 'tender' | 'kernel';
  /** Of `data`. Below 2 GiB, so that a sign-extended displacement reaches everything. */
  readonly baseAddress: number;
  /** System calls in the code of the two below, named for the manifest. */
  readonly growSystemCall: string | undefined;
  readonly exitSystemCall: string | undefined;
  /**
   * Make more of a memory usable. rax: its new size in bytes, rdi: native address of its present end, rsi: the bytes it
   * gains, which must survive; everything else a call may change is free. Goes on behind on success, to the label otherwise.
   */
  emitGrow(assembler: Assembler, memory: number): Label;
  /** End with status 0. Does not come back. */
  emitExit(assembler: Assembler): void;
}

export const noteTargets = { process: 0, hvt: 1, virtio: 2, linux: 3 } as const;

/** Images lie in 256 MiB from here on (docs/process-image.md). */
export const imageBase = 0x1000_0000;
