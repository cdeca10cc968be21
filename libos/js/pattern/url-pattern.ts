/**
 * URL Pattern standard, by `urlpattern-polyfill`: its parser of patterns is a language of its own, and the package is
 * the one all runtimes without a native class use. It canonicalises with the global URL, which `link/pattern.ts` sets.
 */

export { URLPattern } from 'urlpattern-polyfill/urlpattern';
