/** Where objects live in the store. One prefix per kind, one per namespace below it. */

export interface KeyedKind {
  readonly group: string;
  readonly resource: string;
}

/** `/core/pods/`: every object of a kind. */
export function kindPrefix(kind: KeyedKind): string {
  return `/${kind.group === '' ? 'core' : kind.group}/${kind.resource}/`;
}

/** `/core/pods/default/`: a kind in one namespace; without a namespace (or for a cluster kind) every object of it. */
export function listPrefix(kind: KeyedKind, namespace: string): string {
  return namespace === '' ? kindPrefix(kind) : `${kindPrefix(kind)}${namespace}/`;
}

/** `/core/pods/default/web`, or `/core/nodes/n1` where `namespace` is empty. */
export function objectKey(kind: KeyedKind, namespace: string, name: string): string {
  return `${listPrefix(kind, namespace)}${name}`;
}
