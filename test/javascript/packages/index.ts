/** What each package does here; the same module runs in an image and under Node. Nothing in it is random. */

import { dateFns } from './date-fns.ts';
import { graphql } from './graphql.ts';
import { hono } from './hono.ts';
import { ittyRouter } from './itty-router.ts';
import { jose } from './jose.ts';
import { marked } from './marked.ts';
import { react } from './react.ts';
import { zod } from './zod.ts';

export const packages: Readonly<Record<string, () => Promise<unknown>>> = {
  'date-fns': dateFns,
  graphql,
  hono,
  'itty-router': ittyRouter,
  jose,
  marked,
  react,
  zod,
};
