/** Settings of the namespaces server: plain data, handed over by the cell when the worker starts. */
export interface NamespacesSettings {
  /** PEM file of the authority behind the kernel's certificate; it goes into every namespace as kube-root-ca.crt. */
  readonly certificateAuthorityPath: string;
}
