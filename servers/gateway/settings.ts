/** Settings of the gateway: plain data, handed over by the cell when the worker starts. */

export interface GatewaySettings {
  /** Services get addresses 127.<range>.128.0/17. */
  readonly addressRange: number;
  /** Where the kernel answers HTTPS; behind the Service `default/kubernetes`. */
  readonly kernel: { readonly address: string; readonly port: number };
}
