import type { JsonValue } from '../api/meta.ts';

export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

export type Patch =
  /** RFC 6902 */
  | { readonly kind: 'json'; readonly operations: readonly JsonPatchOperation[] }
  /** RFC 7396: null removes, lists are replaced whole. */
  | { readonly kind: 'merge'; readonly changes: unknown }
  /** Lists with merge keys are merged; built-in kinds only. */
  | { readonly kind: 'strategic'; readonly changes: unknown };

export const patchContentTypes: Readonly<Record<Patch['kind'], string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};
