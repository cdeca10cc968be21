import type { ClientPort } from '../api/wire.ts';
import { Client, type ClientOptions } from './client.ts';
import { createHttpTransport } from './http-transport.ts';
import { loadInCluster, loadKubeconfig } from './kubeconfig.ts';
import { createPortTransport } from './port-transport.ts';

export interface ConnectOptions extends ClientOptions {
  /** Path of a kubeconfig. Without it: the pod's service account, else $KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** A client over HTTPS, found the way kubectl and client-go find theirs. */
export function connect(options: ConnectOptions = {}): Client {
  const inCluster = options.kubeconfig === undefined && options.context === undefined ? loadInCluster() : undefined;
  const connection = inCluster ?? loadKubeconfig(options.kubeconfig, options.context);
  return new Client(createHttpTransport(connection.options), options);
}

/** A client over a message port to the kernel, as the servers of a cell have it. */
export function connectPort(port: ClientPort, options: ClientOptions = {}): Client {
  return new Client(createPortTransport(port), options);
}
