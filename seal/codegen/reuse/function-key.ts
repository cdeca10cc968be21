/**
 * What a function's machine code follows from, as one digest: its body with every index replaced by what stands there, and
 * nothing about the rest of the module. So code is found again when indices move because another function changed.
 */
import { hash } from 'node:crypto';
import { type BodyInstruction, readBody } from '../../decode/body.ts';
import { type Space, spacesOf } from '../../decode/index-spaces.ts';
import type { DefinedFunction, FunctionType } from '../../decode/module.ts';
import type { Label } from '../assembler.ts';
import type { Program } from '../emission.ts';

export interface FunctionKey {
  readonly digest: string;
  /** Labels of what the body names, in order of appearance; undefined for what has an address instead. */
  readonly labels: readonly (Label | undefined)[];
}

const typeText = ({ parameters, results }: FunctionType) => `${parameters.join(' ')} -> ${results.join(' ')}`;

/** Bytes that grow; body and names are put together in it before they are hashed. */
class Bytes {
  private bytes = Buffer.allocUnsafe(1 << 16);
  private length = 0;

  reset(): void {
    this.length = 0;
  }

  private reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + count));
    this.bytes.copy(larger, 0, 0, this.length);
    this.bytes = larger;
  }

  append(part: Uint8Array): void {
    this.reserve(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  word(value: number): void {
    this.reserve(4);
    this.length = this.bytes.writeUInt32LE(value, this.length);
  }

  digest(): string {
    return hash('sha256', this.bytes.subarray(0, this.length), 'hex');
  }
}

export class FunctionKeys {
  private readonly program: Program;
  /** What all code may name without saying so in an index. */
  private readonly environment: string;
  private readonly code = new Bytes();

  constructor(program: Program) {
    this.program = program;
    // Accesses carry the index of their memory within the alignment; how wide that is does not matter here.
    this.environment = JSON.stringify([program.context.boot, program.context.memories]);
  }

  of(index: number, fn: DefinedFunction): FunctionKey {
    const { code } = this;
    const { types } = this.program.module;
    const names: string[] = [];
    const labels: (Label | undefined)[] = [];
    const ordinals = new Map<string, number>();
    /** Position among the names, which come behind the body. */
    const ordinalOf = (what: string, text: () => string, label?: Label): number => {
      let ordinal = ordinals.get(what);
      if (ordinal === undefined) {
        ordinal = names.length;
        ordinals.set(what, ordinal);
        names.push(text());
        labels.push(label);
      }
      return ordinal;
    };
    const name = (space: Space, at: number) =>
      ordinalOf(
        `${space} ${at}`,
        () => (at === index && space === 'function' ? 'itself' : this.describe(space, at)),
        this.labelOf(space, at),
      );
    code.reset();
    const body = readBody(fn, types);
    let copied = fn.bodyStart;
    for (const [position, instruction] of body.entries()) {
      const ordinalsHere = this.namesIn(instruction, name, ordinalOf);
      if (ordinalsHere === undefined) continue;
      const next = body[position + 1]?.byteOffset ?? fn.bodyEnd;
      code.append(fn.bytes.subarray(copied, instruction.byteOffset));
      code.word(instruction.opcode.code);
      for (const ordinal of ordinalsHere) code.word(ordinal);
      copied = next;
    }
    code.append(fn.bytes.subarray(copied, fn.bodyEnd));
    const type = types[fn.typeIndex];
    const rest = [this.environment, type === undefined ? '' : typeText(type), fn.locals.join(' '), ...names];
    code.append(Buffer.from(JSON.stringify(rest)));
    return { digest: code.digest(), labels };
  }

  private namesIn(
    { opcode, index, second, blockType }: BodyInstruction,
    name: (space: Space, at: number) => number,
    ordinalOf: (what: string, text: () => string) => number,
  ): readonly number[] | undefined {
    if (opcode.immediates === 'block') {
      const text = typeText(blockType);
      return [ordinalOf(`block ${text}`, () => text)];
    }
    const [first, other] = spacesOf[opcode.immediates] ?? [];
    if (first === undefined) return undefined;
    return other === undefined ? [name(first, index)] : [name(first, index), name(other, second)];
  }

  private labelOf(space: Space, at: number): Label | undefined {
    const { functionLabels, dataLabels, elementLabels } = this.program;
    if (space === 'function') return functionLabels[at];
    if (space === 'data') return dataLabels[at];
    return space === 'element' ? elementLabels[at] : undefined;
  }

  private describe(space: Space, at: number): string {
    const { module, context, typeIds } = this.program;
    const typeAt = (index: number | undefined) => {
      const type = module.types[index ?? -1];
      return type === undefined ? '' : typeText(type);
    };
    switch (space) {
      case 'function': {
        const fn = module.functions[at];
        const kind = fn?.kind === 'imported' ? `${fn.module}.${fn.field}` : 'function';
        return `${kind} ${typeAt(fn?.typeIndex)}`;
      }
      case 'type':
        return `type ${typeIds[at]} ${typeAt(at)}`;
      case 'global': {
        const global = module.globals[at];
        const initial = global?.initial?.operations.map((operation) =>
          operation.kind === 'const' ? `${operation.type} ${operation.bits}` : operation.kind,
        );
        return `global ${context.globals[at]} ${global?.type} ${global?.mutable} ${initial?.join()}`;
      }
      case 'table':
        return `table ${JSON.stringify(context.tables[at])}`;
      case 'memory':
        return `memory ${at}`;
      case 'data':
        return `data ${context.dataLengths[at]}`;
      case 'element':
        return `element ${context.elementLengths[at]}`;
    }
  }
}
