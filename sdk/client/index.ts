/** client: the API as typed functions over HTTPS or a message port. It keeps no state about objects; informers do. */
export { Client, type ClientOptions, formatQuery, type QueryParameters, type RequestOptions } from './client.ts';
export { type ConnectOptions, connect, connectPort } from './connect.ts';
export { type DiscoveredResource, discover, findKind } from './discovery.ts';
export * from './errors.ts';
export { createHttpTransport, type HttpTransportOptions } from './http-transport.ts';
export { type Connection, loadInCluster, loadKubeconfig } from './kubeconfig.ts';
export type { JsonPatchOperation, Patch } from './patch.ts';
export { createPortTransport } from './port-transport.ts';
export * from './resource-client.ts';
export type { Transport, TransportRequest, TransportResponse } from './transport.ts';
