/** The environment the instance was started with. */

import { environment_read, environment_size } from "./os";

let variables: Map<string, string> | null = null;

/** All variables; read once. */
export function environment(): Map<string, string> {
  const known = variables;
  if (known) return known;
  const result = new Map<string, string>();
  const bytes = new ArrayBuffer(environment_size());
  const base = changetype<usize>(bytes);
  const length = environment_read(base, bytes.byteLength);
  let start = 0;
  for (let at = 0; at < length; at++) {
    if (load<u8>(base + at) != 0) continue;
    const text = String.UTF8.decodeUnsafe(base + start, at - start);
    const equals = text.indexOf("=");
    if (equals > 0) result.set(text.substring(0, equals), text.substring(equals + 1));
    start = at + 1;
  }
  variables = result;
  return result;
}

/** The variable's value, or `otherwise`. */
export function variable(name: string, otherwise: string = ""): string {
  const all = environment();
  return all.has(name) ? all.get(name) : otherwise;
}
