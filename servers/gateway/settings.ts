/** Settings of the gateway: plain data, handed over by the cell when the worker starts. */

export interface GatewaySettings {
  /** Services have addresses 127.<range>.128.0/17; no other one is listened on. */
  readonly addressRange: number;
}
