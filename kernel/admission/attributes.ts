/** What admission is about: one request, as webhooks and policies see it (apiserver pkg/admission/attributes.go). */
import type { Identity } from '@diatom/sdk/api';
import type { Decoded } from '../kinds/decode-typed.ts';
import { type JsonRecord, stringAt } from '../kinds/json.ts';
import type { Kind } from '../kinds/kind.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

export interface TypeName {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

export interface Attributes {
  readonly operation: Operation;
  /** Whose path the request has. */
  readonly kind: Kind;
  readonly subresource: string;
  /** Of `object`: the kind itself, or the body of a subresource as Scale. */
  readonly type: TypeName;
  readonly namespace: string;
  /** Empty where a name is still to be generated. */
  readonly name: string;
  readonly object: JsonRecord | undefined;
  readonly oldObject: JsonRecord | undefined;
  readonly options: JsonRecord | undefined;
  readonly dryRun: boolean;
  readonly identity: Identity;
  /** By performance.now(): when the client wants its answer. */
  readonly deadlineMs: number;
  /** Makes an object of the kind (or of `type`) from what a webhook made of it. */
  readonly decode: (value: JsonRecord, kind: Kind) => Decoded;
}

export const isNamespace = ({ group, resource }: Kind): boolean => group === '' && resource === 'namespaces';

/** Upstream counts a namespace object as being in itself. */
export function namespaceOf({ kind, namespace, name, object }: Attributes): string {
  return isNamespace(kind) ? name || stringAt(object, 'metadata', 'name') : namespace;
}
