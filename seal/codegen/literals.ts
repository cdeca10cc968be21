/** Constants behind the code: floats and masks, jump tables, passive segments. Equal literals are stored once. */
import type { Assembler, Label } from './assembler.ts';

interface Literal {
  readonly label: Label;
  readonly alignment: number;
  readonly words: readonly bigint[];
  readonly sizeBytes: number;
}

export class Literals {
  private readonly assembler: Assembler;
  private readonly byKey = new Map<string, Literal>();
  private readonly tables: {
    readonly label: Label;
    readonly targets: readonly (Label | undefined)[];
    readonly wordBytes: 4 | 8;
  }[] = [];
  private readonly blobs: { readonly label: Label; readonly bytes: Uint8Array }[] = [];

  constructor(assembler: Assembler) {
    this.assembler = assembler;
  }

  private literal(key: string, alignment: number, words: readonly bigint[], sizeBytes: number): Label {
    let literal = this.byKey.get(key);
    if (literal === undefined) {
      literal = { label: this.assembler.newLabel(), alignment, words, sizeBytes };
      this.byKey.set(key, literal);
    }
    return literal.label;
  }

  float(type: 'f32' | 'f64', bits: bigint): Label {
    const sizeBytes = type === 'f32' ? 4 : 8;
    return this.literal(`${type} ${bits}`, sizeBytes, [bits], sizeBytes);
  }

  /** 16 aligned bytes, as SSE memory operands need them: the pattern in the low lane, zero above. */
  mask(bits: bigint): Label {
    return this.literal(`mask ${bits}`, 16, [bits, 0n], 16);
  }

  /** 16 aligned bytes. */
  vector(bits: bigint): Label {
    const words = [BigInt.asUintN(64, bits), bits >> 64n];
    return this.literal(`vector ${bits}`, 16, words, 16);
  }

  jumpTable(targets: readonly Label[]): Label {
    const label = this.assembler.newLabel();
    this.tables.push({ label, targets, wordBytes: 4 });
    return label;
  }

  /** 64-bit addresses; undefined is the null reference. */
  addressTable(targets: readonly (Label | undefined)[]): Label {
    const label = this.assembler.newLabel();
    this.tables.push({ label, targets, wordBytes: 8 });
    return label;
  }

  blob(bytes: Uint8Array): Label {
    const label = this.assembler.newLabel();
    this.blobs.push({ label, bytes });
    return label;
  }

  emit(): void {
    const { assembler } = this;
    const literals = [...this.byKey.values()].sort((a, b) => b.alignment - a.alignment);
    for (const { label, alignment, words, sizeBytes } of literals) {
      assembler.align(alignment, 0);
      assembler.bind(label);
      for (const word of words) {
        if (sizeBytes === 4) assembler.word(Number(BigInt.asIntN(32, word)));
        else assembler.doubleWord(word);
      }
    }
    for (const { label, targets, wordBytes } of this.tables) {
      assembler.align(wordBytes, 0);
      assembler.bind(label);
      for (const target of targets) {
        if (target === undefined) assembler.word(0);
        else assembler.addressWord(target);
        if (wordBytes === 8) assembler.word(0);
      }
    }
    for (const { label, bytes } of this.blobs) {
      assembler.bind(label);
      assembler.data(bytes);
    }
  }
}
