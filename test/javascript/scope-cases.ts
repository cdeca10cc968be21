import type { Case } from '@diatom/libos/js/testing/cases/index.ts';

/** What the global object of an image tells of errors nobody caught; Node tells it by `process`. */
export const scopeCases: readonly Case[] = [
  [
    `let seen; onunhandledrejection = (e) => { seen = [e.type, e.reason, e.promise instanceof Promise, e.cancelable]; e.preventDefault(); }; Promise.reject(5); await new Promise((r) => setTimeout(r, 5)); onunhandledrejection = null; return seen`,
    `["unhandledrejection", 5, true, true]`,
  ],
  [
    `let seen = []; const f = (e) => { seen.push(e.type, e.reason); e.preventDefault(); }; addEventListener('unhandledrejection', f); addEventListener('rejectionhandled', f); const p = Promise.reject(6); await new Promise((r) => setTimeout(r, 5)); p.catch(() => {}); await new Promise((r) => setTimeout(r, 5)); removeEventListener('unhandledrejection', f); removeEventListener('rejectionhandled', f); return seen`,
    `["unhandledrejection", 6, "rejectionhandled", 6]`,
  ],
  [
    `let count = 0; const f = () => count++; addEventListener('unhandledrejection', f); Promise.reject(7).catch(() => {}); await new Promise((r) => setTimeout(r, 5)); removeEventListener('unhandledrejection', f); return count`,
    `0`,
  ],
  [
    `let seen; self.onerror = (...values) => { seen = [values[0], values[4].message]; return true; }; setTimeout(() => { throw new Error('late'); }, 1); await new Promise((r) => setTimeout(r, 5)); self.onerror = null; return seen`,
    `["Uncaught Error: late", "late"]`,
  ],
  [
    `let seen; onunhandledrejection = (e) => e.preventDefault(); onrejectionhandled = (e) => { seen = [e.type, e.reason]; }; const p = Promise.reject(8); await new Promise((r) => setTimeout(r, 5)); p.catch(() => {}); await new Promise((r) => setTimeout(r, 5)); onunhandledrejection = null; onrejectionhandled = null; return seen`,
    `["rejectionhandled", 8]`,
  ],
  [`[self === globalThis, typeof navigator.userAgent, navigator.userAgent.includes('/')]`, `[true, "string", false]`],
  [`typeof WebAssembly`, `"undefined"`],
];
