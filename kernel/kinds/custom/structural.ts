/** What a CustomResourceDefinition's schema says about a value beyond its type (OpenAPI v3, Kubernetes' structural subset). */
import type { Pattern } from '../pattern.ts';
import type { Schema } from '../schema.ts';

export interface StructuralRules {
  readonly nullable: boolean;
  readonly preserveUnknownFields: boolean;
  readonly embeddedResource: boolean;
  readonly enum?: readonly unknown[];
  readonly pattern?: Pattern;
  readonly patternText?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum: boolean;
  readonly exclusiveMaximum: boolean;
  readonly multipleOf?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly required: readonly string[];
  readonly allOf: readonly Schema[];
  readonly anyOf: readonly Schema[];
  readonly oneOf: readonly Schema[];
  readonly not?: Schema;
}
