/** Settings of the agent: plain data, handed over by the cell when the worker starts. */

/** On nodes that run virtual machines; the RuntimeClass `hvt` selects it. */
export const hvtLabel = 'diatom.dev/hvt';

export type TenderChoice =
  /** The native tender: started when it does not answer on the socket, found again when it does. */
  | { readonly kind: 'process'; readonly binaryPath: string; readonly socketPath: string }
  /** WebAssembly in V8 inside the agent's own process: for debugging; instances end with the agent. */
  | { readonly kind: 'node' };

export interface AgentSettings {
  readonly nodeName: string;
  /** Pod logs go to `<dataDirectory>/pods/<namespace>_<name>_<uid>/<container>/<n>.log`. */
  readonly dataDirectory: string;
  readonly imageStoreDirectory: string;
  readonly tender: TenderChoice;
  /** Pods get addresses 127.<range>.0.0/17. */
  readonly addressRange: number;
  /** PEM files; the log endpoint accepts only clients whose certificate `clientAuthorityPath` signed. */
  readonly tls: {
    readonly certificatePath: string;
    readonly keyPath: string;
    readonly clientAuthorityPath: string;
  };
}
