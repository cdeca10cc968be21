/**
 * How objects are named in the store: `<group>/<resource>/[<namespace>/]<name>`, the empty group written as `core`.
 * A prefix always ends in `/`, so that `pods` never matches `podtemplates`.
 */

export interface ObjectName {
  readonly group: string;
  readonly resource: string;
  /** Undefined for kinds that live outside namespaces. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export function resourcePrefix(group: string, resource: string, namespace?: string): string {
  const prefix = `${group === '' ? 'core' : group}/${resource}/`;
  return namespace === undefined || namespace === '' ? prefix : `${prefix}${namespace}/`;
}

export function objectKey({ group, resource, namespace, name }: ObjectName): string {
  return resourcePrefix(group, resource, namespace) + name;
}
