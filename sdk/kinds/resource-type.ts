import type { KubernetesObject } from '../api/meta.ts';

/** Where a kind lives in the API, and (by its type parameter) what its objects look like. */
export interface ResourceType<T extends KubernetesObject> {
  /** `''` for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Never present at run time: carries T through inference. */
  readonly object?: T;
}

export function apiVersionOf(type: { readonly group: string; readonly version: string }): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}

/** `deployments.apps`, as error messages and RBAC name it. */
export function resourceName(type: { readonly group: string; readonly plural: string }): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}
