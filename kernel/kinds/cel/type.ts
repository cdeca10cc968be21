/** CEL's types. Those made from a schema also know how large their values can get, which is what cost estimates need. */

export type SimpleName =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'null'
  | 'timestamp'
  | 'duration'
  | 'dyn'
  | 'type'
  | 'error';

interface Sized {
  /** Elements, characters or bytes at most. Absent: not known. */
  readonly maxElements?: number;
  /** Bytes of the smallest value as JSON, for how often it fits into a request. */
  readonly minJsonBytes?: number;
}

export interface ObjectField {
  readonly type: Type;
  /** The property in JSON; its name in CEL may be an escaped form. */
  readonly property: string;
}

/** What makes two lists from a schema equal (x-kubernetes-list-type). */
export type ListIdentity = { readonly kind: 'set' } | { readonly kind: 'map'; readonly keys: readonly string[] };

export type Type = Sized &
  (
    | { readonly kind: SimpleName }
    | { readonly kind: 'list'; readonly element: Type; readonly identity?: ListIdentity }
    | { readonly kind: 'map'; readonly key: Type; readonly value: Type }
    | { readonly kind: 'optional'; readonly element: Type }
    | { readonly kind: 'object'; readonly name: string; readonly fields: ReadonlyMap<string, ObjectField> }
    | { readonly kind: 'opaque'; readonly name: string }
    | { readonly kind: 'parameter'; readonly name: string }
  );

export const bool: Type = { kind: 'bool' };
export const int: Type = { kind: 'int' };
export const uint: Type = { kind: 'uint' };
export const double: Type = { kind: 'double' };
export const string: Type = { kind: 'string' };
export const bytes: Type = { kind: 'bytes' };
export const nothing: Type = { kind: 'null' };
export const timestamp: Type = { kind: 'timestamp' };
export const duration: Type = { kind: 'duration' };
export const dyn: Type = { kind: 'dyn' };
export const typeType: Type = { kind: 'type' };
/** Of an expression with a problem: fits everywhere, so that one mistake is reported once. */
export const errorType: Type = { kind: 'error' };

export const listOf = (element: Type): Type => ({ kind: 'list', element });
export const mapOf = (key: Type, value: Type): Type => ({ kind: 'map', key, value });
export const optionalOf = (element: Type): Type => ({ kind: 'optional', element });
export const opaque = (name: string): Type => ({ kind: 'opaque', name });
export const parameter = (name: string): Type => ({ kind: 'parameter', name });

export function printType(type: Type): string {
  switch (type.kind) {
    case 'list':
      return `list(${printType(type.element)})`;
    case 'map':
      return `map(${printType(type.key)}, ${printType(type.value)})`;
    case 'optional':
      return `optional_type(${printType(type.element)})`;
    case 'object':
    case 'opaque':
    case 'parameter':
      return type.name;
    case 'error':
      return '!error!';
    default:
      return type.kind;
  }
}

/** Of the type parameters of a call. */
export type Bindings = Map<string, Type>;

export function substitute(type: Type, bindings: Bindings): Type {
  switch (type.kind) {
    case 'parameter': {
      const bound = bindings.get(type.name);
      return bound === undefined ? dyn : bound.kind === 'parameter' ? dyn : bound;
    }
    case 'list':
      return { ...type, element: substitute(type.element, bindings) };
    case 'map':
      return { ...type, key: substitute(type.key, bindings), value: substitute(type.value, bindings) };
    case 'optional':
      return { ...type, element: substitute(type.element, bindings) };
    default:
      return type;
  }
}

const takesNull = new Set(['object', 'opaque', 'optional', 'timestamp', 'duration']);

/** Whether a value of type `given` can stand where `wanted` is; binds type parameters of `wanted`. */
export function isAssignable(wanted: Type, given: Type, bindings: Bindings): boolean {
  if (wanted.kind === 'parameter') {
    const bound = bindings.get(wanted.name);
    if (bound === undefined || bound.kind === 'dyn' || bound.kind === 'parameter') {
      if (bound === undefined) bindings.set(wanted.name, given);
      return true;
    }
    if (isAssignable(bound, given, bindings)) return true;
    // The other way round, too: `null == object` binds null first.
    if (!isAssignable(given, bound, bindings)) return false;
    bindings.set(wanted.name, given);
    return true;
  }
  const isFree = (type: Type): boolean => type.kind === 'dyn' || type.kind === 'error' || type.kind === 'parameter';
  if (isFree(wanted) || isFree(given)) return true;
  if (given.kind === 'null') return wanted.kind === 'null' || takesNull.has(wanted.kind);
  switch (wanted.kind) {
    case 'list':
      return given.kind === 'list' && isAssignable(wanted.element, given.element, bindings);
    case 'map':
      return (
        given.kind === 'map' &&
        isAssignable(wanted.key, given.key, bindings) &&
        isAssignable(wanted.value, given.value, bindings)
      );
    case 'optional':
      return given.kind === 'optional' && isAssignable(wanted.element, given.element, bindings);
    case 'object':
    case 'opaque':
      return given.kind === wanted.kind && given.name === wanted.name;
    default:
      return given.kind === wanted.kind;
  }
}
