/**
 * What the engine's WebAssembly imports and exports, by name. Emscripten shortens the names; which export is which stands in
 * its JavaScript, which import is which only in the bodies of minified functions there, so they are listed for the one version
 * that is used.
 */

/** Short name of each import → export of libos/guest/js. */
export const engineImports: Readonly<Record<string, string>> = {
  b: 'assert_fail',
  c: 'fd_write',
  d: 'fd_close',
  e: 'environ_get',
  f: 'environ_sizes_get',
  g: 'normalize_module',
  h: 'load_module',
  i: 'should_interrupt',
  j: 'set_timer',
  k: 'resize_heap',
  l: 'keepalive_clear',
  m: 'localtime',
  n: 'tzset',
  o: 'fd_seek',
  p: 'date_now',
  q: 'clock_time_get',
  r: 'abort_engine',
  s: 'process_exit',
  t: 'call_function',
  u: 'free_host_reference',
};

/** The imported memory. */
export const memoryImport = 'a';

/** Full names of the exports, as Emscripten's JavaScript gives them. */
export function engineExports(glue: string): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [, full, short] of glue.matchAll(/\b_(malloc|free|QTS_\w+)=\w+\.([\w$]+)/g)) {
    if (full !== undefined && short !== undefined) names.set(short, full);
  }
  // Those that have no name of their own: the constructors are called once, the stack pointer is set by the last three.
  const take = (pattern: RegExp, name: string): void => {
    const short = pattern.exec(glue)?.[1];
    if (short === undefined) throw new Error(`the engine's JavaScript has nothing like ${pattern} (${name})`);
    names.set(short, name);
  };
  take(/=!0;\w+\.([\w$]+)\(\);/, 'construct');
  take(/\w+=\w+\.[\w$]+;(?:\w+)=\w+\.([\w$]+);\w+=\w+\.[\w$]+;\w+=\w+\.[\w$]+;return/, 'stack_restore');
  return names;
}
