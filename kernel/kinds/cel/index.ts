/**
 * CEL, the language of validation rules and policies: compile an expression against types, run it within a budget.
 * Knows values and types only; must never learn of kinds, requests or the store.
 */
export type { StructTypes } from './checker.ts';
export { type Compiled, compile, type Program } from './compile.ts';
export { CostExceeded, type Run } from './evaluate.ts';
export {
  type Authority,
  AuthorizerValue,
  authorizerType,
  checkOf,
  type Question,
  resourceCheckType,
} from './library/authorizer.ts';
export type { ListIdentity, ObjectField, Type } from './type.ts';
export * as types from './type.ts';
export { CelError, fromJson, identityText, Lazy, Optional, toJson, type Value } from './value.ts';
