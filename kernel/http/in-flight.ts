/** How many requests are served at once; more are told to come back (apiserver pkg/server/filters/maxinflight.go). */
import { tooManyRequests } from '../wire/status.ts';

export interface InFlightLimits {
  readonly reading: number;
  readonly writing: number;
}

export interface InFlight {
  /** Throws 429; otherwise call the result when the request is done. */
  enter(method: string): () => void;
}

const readingMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

export function createInFlight({ reading, writing }: InFlightLimits = { reading: 400, writing: 200 }): InFlight {
  const free = { reading, writing };
  return {
    enter: (method) => {
      const kind = readingMethods.has(method) ? 'reading' : 'writing';
      if (free[kind] === 0) throw tooManyRequests('Too many requests, please try again later.', [], 1);
      free[kind]--;
      return () => {
        free[kind]++;
      };
    },
  };
}
