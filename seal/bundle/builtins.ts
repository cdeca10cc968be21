/** Node's modules, which are not there, and what to use instead of each. */
import { isBuiltin } from 'node:module';

const hints: Readonly<Record<string, string>> = {
  assert: 'throw an Error yourself, or use a package that does not need Node',
  async_hooks: 'pass what belongs to a request along as a parameter',
  buffer: 'use Uint8Array, TextEncoder, TextDecoder, atob and btoa',
  child_process: 'an image is one process; call another service instead',
  cluster: 'run more replicas instead',
  crypto: 'use the global crypto: getRandomValues, randomUUID, subtle',
  dns: 'use fetch with host names',
  events: 'use EventTarget',
  fs: 'an image has no files: import what it needs, or fetch it',
  http: 'use fetch, and export default { fetch } to serve',
  http2: 'use fetch, and export default { fetch } to serve',
  https: 'use fetch, and export default { fetch } to serve',
  module: 'import everything statically',
  net: 'use fetch',
  os: 'an image has no operating system to ask',
  path: 'use URL, or a package like pathe',
  perf_hooks: 'use the global performance',
  process: 'variables come as env, the second parameter of fetch',
  querystring: 'use URLSearchParams',
  stream: 'use ReadableStream, WritableStream and TransformStream',
  string_decoder: 'use TextDecoder with { stream: true }',
  timers: 'use the globals setTimeout and setInterval',
  tls: 'use fetch',
  url: 'use the globals URL and URLSearchParams',
  util: 'use TextEncoder, TextDecoder and structuredClone',
  vm: 'code cannot be made at run time',
  worker_threads: 'an image has one thread; run more replicas instead',
  zlib: 'use CompressionStream and DecompressionStream',
};

/** What to do without a module of Node's; undefined when it is none. */
export function hintFor(specifier: string): string | undefined {
  if (!isBuiltin(specifier)) return undefined;
  const name = specifier.replace(/^node:/, '').split('/')[0] ?? '';
  return hints[name] ?? 'there is nothing in its place';
}
