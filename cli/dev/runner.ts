/**
 * The process in which `diatom dev` runs the program: it listens once and changes the program under way, so that the address
 * and the debugger stay over a restart. Nothing but the program is in it, for a debugger to see.
 */
import { createServer, type ServerResponse } from 'node:http';
import { ArrivingBody } from './arriving-body.ts';
import { methods } from './exchanges.ts';
import { type Instance, startInstance } from './instance.ts';
import type { FromRunner, ToRunner } from './messages.ts';

let instance: Instance | undefined;
let isCold = true;
/** Requests from before the first program has run its top level. */
const early: (() => void)[] = [];

function tell(message: FromRunner): void {
  process.send?.(message);
}

let streamBytes = 1 << 20;

async function load({ generation, program }: Extract<ToRunner, { kind: 'load' }>): Promise<void> {
  try {
    const next = await startInstance(program, (text) => tell({ kind: 'console', text }));
    instance?.retire();
    instance = next;
    isCold = true;
    streamBytes = program.streamBytes;
    tell({ kind: 'loaded', generation });
    for (const handle of early.splice(0)) handle();
  } catch (error) {
    const text = error instanceof Error || hasStack(error) ? `${error.stack}` : String(error);
    tell({ kind: 'load-failed', generation, error: text });
  }
}

/** Errors of the program are of another global scope: `instanceof` does not know them. */
function hasStack(value: unknown): value is { readonly stack: string } {
  return typeof value === 'object' && value !== null && 'stack' in value;
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain', connection: 'close' });
  response.end(`${text}\n`);
}

const server = createServer((request, response) => {
  const startedMs = performance.now();
  let wasCold = false;
  response.once('close', () => {
    const { method = '', url = '' } = request;
    const status = response.headersSent ? response.statusCode : 0;
    const durationMs = performance.now() - startedMs;
    tell({ kind: 'request', request: { method, target: url, status, durationMs, isCold: wasCold } });
  });
  const answer = async (): Promise<void> => {
    if (!methods.includes(request.method ?? '')) return refuse(response, 501, 'Not Implemented');
    const body = await ArrivingBody.of(request, streamBytes);
    if (body === undefined) return refuse(response, 413, 'Content Too Large');
    const serve = (): void => {
      wasCold = isCold;
      isCold = false;
      instance?.request({ request, response, body });
    };
    if (instance === undefined) early.push(serve);
    else serve();
  };
  // A peer that goes away while it sends its body has nobody left to tell.
  answer().catch(() => response.destroy());
});

process.on('message', (message: ToRunner) => {
  if (message.kind === 'load') void load(message);
  else {
    server.once('error', (error) => tell({ kind: 'listen-failed', why: error.message }));
    server.listen(message.port, '127.0.0.1', () => {
      const address = server.address();
      tell({ kind: 'listening', port: typeof address === 'object' && address !== null ? address.port : message.port });
    });
  }
});
// Whoever started this has ended, however it did.
process.on('disconnect', () => process.exit(0));
// Ctrl-C goes to the whole process group: the parent decides.
process.on('SIGINT', () => {});
process.on('unhandledRejection', (reason, promise) => instance?.rejection(promise, reason, false));
process.on('rejectionHandled', (promise) => instance?.rejection(promise, undefined, true));
process.on('uncaughtException', (error) => instance?.exception(error));
