/**
 * supervisor: keeps the workers of a cell running. It starts each in its own thread with its own heap limit, starts it
 * again with back-off when it dies, and stops it in order. It must never do a server's work.
 */
export type { FromWorker, ServerWorkerData, ToKernelWorker } from './protocol.ts';
export { ReconnectingPort } from './reconnecting-port.ts';
export type { ServerPhase, ServerReport } from './report.ts';
export { Supervisor, type SupervisorOptions, type WorkerSpec } from './supervisor.ts';

/** Entry of a thread that runs a `Server` module; its data is `ServerWorkerData`. */
export const serverWorkerEntry: URL = new URL('./server-worker.ts', import.meta.url);
