/** The shape of a kind's objects: one form for tables of built-in types and for the schemas of CustomResourceDefinitions. */
import type { StructuralRules } from './custom/structural.ts';

export type SchemaType =
  | 'object'
  | 'map'
  | 'array'
  | 'string'
  | 'integer'
  | 'number'
  | 'boolean'
  | 'int-or-string'
  | 'any';

export interface Field {
  readonly schema: Schema;
  readonly required: boolean;
  readonly default?: unknown;
  /** Number in the protobuf message, 0 where there is none. */
  readonly protobuf: number;
  /** In protobuf the list stands in a message of its own with one field `items`. */
  readonly wrapped: boolean;
  /** In Go the object is a struct and no pointer to one: an object without it has an empty one all the same. */
  readonly isStruct?: boolean;
  /** In Go the field is a pointer: a zero value is not the same as none. */
  readonly isPointer?: boolean;
  /** No `omitempty`: JSON has the field even where it is zero. */
  readonly isAlwaysWritten?: boolean;
  /** Strategic merge patch: `merge`, `replace`, `retainKeys`. */
  readonly patchStrategy: readonly string[];
  readonly mergeKey?: string;
}

export interface Schema {
  readonly type: SchemaType;
  /** int32 int64 double byte date-time micro-time quantity; a custom resource may name others. */
  readonly format?: string;
  /** Of types from tables: `core.v1.PodSpec`. */
  readonly typeName?: string;
  /** Of `object`. */
  readonly fields?: ReadonlyMap<string, Field>;
  /** Protobuf messages whose fields stand among this object's in JSON, by field number. */
  readonly inline?: ReadonlyMap<number, Schema>;
  /** Of `array`. */
  readonly items?: Schema;
  readonly listType?: 'atomic' | 'set' | 'map';
  readonly listMapKeys?: readonly string[];
  /** Of `map`. */
  readonly values?: Schema;
  readonly mapType?: 'atomic' | 'granular';
  /** Of custom resources. */
  readonly rules?: StructuralRules;
  /** Of custom resources; never null. */
  readonly default?: unknown;
}
