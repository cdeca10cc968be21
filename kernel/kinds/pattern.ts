/**
 * Regular expressions of the API (schema patterns, CEL's `matches`): RE2's language, in time linear in the text, so that
 * no pattern of a client can hold up the kernel.
 */
import { createRequire } from 'node:module';

const load = createRequire(import.meta.url);
/** Read with the first pattern: most cells start without any. */
const engine = (): typeof import('re2js') => load('re2js');

export interface Pattern {
  /** Whether it matches anywhere in the text. */
  test(text: string): boolean;
  /** The matches from left to right, `most` of them, all when negative. */
  find(text: string, most: number): readonly string[];
}

/** Throws an Error that says what is wrong with it. */
export function compilePattern(source: string): Pattern {
  const compiled = engine().RE2JS.compile(source);
  return {
    test: (text) => compiled.test(text),
    find: (text, most) => {
      const found: string[] = [];
      const matcher = compiled.matcher(text);
      while (found.length !== most && matcher.find()) found.push(matcher.group() ?? '');
      return found;
    },
  };
}
