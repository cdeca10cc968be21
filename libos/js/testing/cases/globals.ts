/** What hangs on the global object. */
import type { Case } from './index.ts';

export const globalCases: readonly Case[] = [
  `[typeof globalThis, globalThis.Array === Array, Object.prototype.toString.call(globalThis).startsWith('[object ')]`,
  // WinterTC §3; Node has none outside of workers.
  [`self === globalThis`, `true`],
  // WinterTC §4: one token, without version and blanks (RFC 9110 §5.6.2).
  [`[navigator.userAgent, /^[!#$%&'*+.^_\`|~0-9A-Za-z-]+$/.test(navigator.userAgent)]`, `["Diatom", true]`],
  `navigator.userAgent = 'x'; return typeof navigator.userAgent`,
  // Web IDL §3.7.9; Node's has no tag.
  [`Object.prototype.toString.call(navigator)`, `"[object Navigator]"`],
];
