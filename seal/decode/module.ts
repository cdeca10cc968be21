/** A decoded module (core specification §2.5). Index spaces hold imports first, as in the binary format. */

export type NumberType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128';
export type ReferenceType = 'funcref' | 'externref';
export type ValueType = NumberType | ReferenceType;

export interface FunctionType {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface ImportedFunction {
  readonly kind: 'imported';
  readonly module: string;
  readonly field: string;
  readonly typeIndex: number;
  readonly name: string;
  readonly byteOffset: number;
}

export interface DefinedFunction {
  readonly kind: 'defined';
  readonly typeIndex: number;
  readonly name: string;
  /** Locals after the parameters. */
  readonly locals: readonly ValueType[];
  /** The expression, within `DecodedModule.bytes`. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** The bytes the expression lies in. */
  readonly bytes: Uint8Array;
}

export type ModuleFunction = ImportedFunction | DefinedFunction;

export interface Limits {
  readonly minimum: number;
  readonly maximum: number | undefined;
}

export interface ImportName {
  readonly module: string;
  readonly field: string;
}

export interface Table {
  readonly limits: Limits;
  readonly type: ReferenceType;
  readonly initial: ConstantExpression | undefined;
  readonly imported: ImportName | undefined;
  readonly byteOffset: number;
}

export interface Memory {
  /** In pages of 64 KiB. */
  readonly limits: Limits;
  readonly imported: ImportName | undefined;
  readonly byteOffset: number;
}

export interface Global {
  readonly type: ValueType;
  readonly mutable: boolean;
  readonly initial: ConstantExpression | undefined;
  readonly imported: ImportName | undefined;
  readonly byteOffset: number;
}

/** Constant expressions with the extended-const operators, in evaluation order on a stack. */
export type ConstantOperation =
  | { readonly kind: 'const'; readonly type: NumberType; readonly bits: bigint }
  | { readonly kind: 'global'; readonly index: number }
  | { readonly kind: 'function'; readonly index: number }
  | { readonly kind: 'null'; readonly type: ReferenceType }
  | { readonly kind: 'binary'; readonly operator: 'add' | 'sub' | 'mul'; readonly type: 'i32' | 'i64' };

export interface ConstantExpression {
  readonly operations: readonly ConstantOperation[];
  readonly byteOffset: number;
}

export type SegmentMode =
  | { readonly kind: 'active'; readonly index: number; readonly offset: ConstantExpression }
  | { readonly kind: 'passive' }
  | { readonly kind: 'declarative' };

export interface DataSegment {
  readonly mode: SegmentMode;
  readonly bytes: Uint8Array;
  readonly byteOffset: number;
}

export interface ElementSegment {
  readonly mode: SegmentMode;
  readonly type: ReferenceType;
  readonly items: readonly ConstantExpression[];
  readonly byteOffset: number;
}

export interface Export {
  readonly name: string;
  readonly kind: 'function' | 'table' | 'memory' | 'global';
  readonly index: number;
  readonly byteOffset: number;
}

export interface DecodedModule {
  readonly types: readonly FunctionType[];
  readonly functions: readonly ModuleFunction[];
  readonly tables: readonly Table[];
  readonly memories: readonly Memory[];
  readonly globals: readonly Global[];
  readonly exports: readonly Export[];
  readonly start: number | undefined;
  readonly startByteOffset: number;
  readonly elements: readonly ElementSegment[];
  readonly data: readonly DataSegment[];
  /** What the data count section says; without it no instruction may name a data segment. */
  readonly dataCount: number | undefined;
}
